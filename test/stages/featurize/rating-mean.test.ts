import { expect, it } from 'vitest'
import { ratingMean } from '../../../stages/featurize/rating-mean.ts'
import { featureOf, pair } from '../../fixtures/stages.ts'

it('is the mean rating as it was pushed', async () => {
  const values = await featureOf(ratingMean, { items: pair({ batch_rating_mean: 4.25 }) })
  expect(values.get('whole')).toEqual({ value: Math.fround(4.25), status: 'present' })
})

it('falls back, and says so, where a film has none', async () => {
  const values = await featureOf(ratingMean, { items: pair({ batch_rating_mean: 4.25 }) })
  expect(values.get('bare')).toEqual({ value: 3.5, status: 'missing' })
})
