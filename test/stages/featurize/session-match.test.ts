import { expect, it } from 'vitest'
import { sessionMatch } from '../../../stages/featurize/session-match.ts'
import { requested } from '../../../stages/generate/requested.ts'
import { did } from '../../fixtures/catalogue.ts'
import { featureOf } from '../../fixtures/stages.ts'

it('is missing for a visitor who has only a record', async () => {
  const values = await featureOf(sessionMatch, { user: { batch_recent_items: ['f0', 'f3'] } })
  expect(values.get('f6')).toEqual({ value: 0, status: 'missing' })
})

it('follows the clicks of a guest', async () => {
  const values = await featureOf(sessionMatch, { recent: [did('click', 'f1')] })
  expect(values.get('f4')?.value).toBeGreaterThan(0)
})

it('is missing for guests who have done nothing', async () => {
  expect((await featureOf(sessionMatch)).get('f0')).toEqual({ value: 0, status: 'missing' })
})

it('is missing for a candidate that nobody knows', async () => {
  const values = await featureOf(sessionMatch, {
    generate: [requested],
    recent: [did('click', 'f1')],
    request: { candidates: [{ id: 'x', fields: {} }] },
  })
  expect(values.get('x')).toEqual({ value: 0, status: 'missing' })
})
