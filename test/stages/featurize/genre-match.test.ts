import { expect, it } from 'vitest'
import { genreMatch } from '../../../stages/featurize/genre-match.ts'
import { requested } from '../../../stages/generate/requested.ts'
import { did } from '../../fixtures/catalogue.ts'
import { featureOf } from '../../fixtures/stages.ts'

it('is highest for the genres that the visitor liked, and 0 for others', async () => {
  const values = await featureOf(genreMatch, { user: { batch_recent_items: ['f0', 'f3'] } })
  expect(values.get('f6')?.value).toBeGreaterThan(0)
  expect(values.get('f1')).toEqual({ value: 0, status: 'present' })
})

it('follows the clicks of a guest', async () => {
  const values = await featureOf(genreMatch, { recent: [did('click', 'f1')] })
  expect(values.get('f4')?.value).toBeGreaterThan(0)
})

it('is missing for guests who have done nothing', async () => {
  expect((await featureOf(genreMatch)).get('f0')).toEqual({ value: 0, status: 'missing' })
})

it('is missing for a candidate that nobody knows', async () => {
  const values = await featureOf(genreMatch, {
    generate: [requested],
    recent: [did('click', 'f1')],
    request: { candidates: [{ id: 'x', fields: {} }] },
  })
  expect(values.get('x')).toEqual({ value: 0, status: 'missing' })
})
