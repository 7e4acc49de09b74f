import { expect, it } from 'vitest'
import { ratingCount } from '../../../stages/featurize/rating-count.ts'
import { featureOf, pair } from '../../fixtures/stages.ts'

it('is ln(1 + ratings)', async () => {
  const values = await featureOf(ratingCount, { items: pair({ batch_rating_count: 7 }) })
  expect(values.get('whole')).toEqual({ value: Math.fround(Math.log1p(7)), status: 'present' })
})

it('falls back, and says so, where a film has none', async () => {
  const values = await featureOf(ratingCount, { items: pair({ batch_rating_count: 7 }) })
  expect(values.get('bare')).toEqual({ value: 0, status: 'missing' })
})
