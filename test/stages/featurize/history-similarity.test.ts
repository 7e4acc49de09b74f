import { expect, it } from 'vitest'
import { historySimilarity } from '../../../stages/featurize/history-similarity.ts'
import { requested } from '../../../stages/generate/requested.ts'
import { did } from '../../fixtures/catalogue.ts'
import { featureOf } from '../../fixtures/stages.ts'

it('is higher the closer a film is to what the visitor liked', async () => {
  const values = await featureOf(historySimilarity, { user: { batch_recent_items: ['f10'] } })
  expect(values.get('f9')?.value).toBe(0.5)
  expect(values.get('f8')?.value).toBe(0.25)
  expect(values.get('f30')).toEqual({ value: 0, status: 'present' })
})

it('counts a click of this session more than one on record', async () => {
  const clicked = await featureOf(historySimilarity, { recent: [did('click', 'f10')] })
  expect(clicked.get('f9')?.value).toBeGreaterThan(0.5)
})

it('is 0 for guests who have done nothing', async () => {
  expect((await featureOf(historySimilarity)).get('f9')).toEqual({ value: 0, status: 'present' })
})

it('is missing for a candidate that nobody knows', async () => {
  const values = await featureOf(historySimilarity, {
    generate: [requested],
    request: { candidates: [{ id: 'x', fields: {} }] },
  })
  expect(values.get('x')).toEqual({ value: 0, status: 'missing' })
})
