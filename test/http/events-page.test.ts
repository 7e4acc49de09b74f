import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { NOT_COUNTED } from '../../src/http/events-document.ts'
import { REJECT_CODES } from '../../src/http/events-schema.ts'
import { events } from '../../stages/events.ts'
import { eventsApp } from './fixtures/sent-events.ts'

const page = readFileSync('docs/events.md', 'utf8')

describe('docs/events.md', () => {
  it('names every code and every event type', () => {
    const words = [...Object.keys(NOT_COUNTED), ...REJECT_CODES, ...events.map(({ name }) => name)]
    expect(words.filter((word) => !page.includes(`\`${word}\``))).toEqual([])
  })

  it('shows bodies that are taken', async () => {
    const { post } = eventsApp()
    const bodies = [...page.matchAll(/-d '([^']+)'$/gm)]
    expect(bodies).toHaveLength(2)
    for (const [, text] of bodies) {
      const isText = text.includes('"key"')
      const answer = await post(text.replace('pk_…', 'pk_now'), {
        key: isText ? null : 'pk_now',
        headers: isText ? { 'content-type': 'text/plain' } : {},
      })
      expect(answer).toMatchObject({ status: 202, accepted: 1, rejected: [] })
    }
  })
})
