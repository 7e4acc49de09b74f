import { expect, it } from 'vitest'
import { meanGap } from '../../../stages/featurize/mean-gap.ts'
import { featureOf, pair } from '../../fixtures/stages.ts'

const items = pair({ batch_rating_mean: 4 })

it('is the film’s mean rating above the visitor’s own', async () => {
  const strict = await featureOf(meanGap, { items, user: { batch_rating_mean: 2.5 } })
  expect(strict.get('whole')).toEqual({ value: 1.5, status: 'present' })
})

it('is missing for guests, and for films that nobody rated', async () => {
  expect((await featureOf(meanGap, { items })).get('whole')).toEqual({
    value: 0,
    status: 'missing',
  })
  const known = await featureOf(meanGap, { items, user: { batch_rating_mean: 2.5 } })
  expect(known.get('bare')).toEqual({ value: 0, status: 'missing' })
})
