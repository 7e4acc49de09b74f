import { expect, it } from 'vitest'
import { popularity } from '../../../stages/featurize/popularity.ts'
import { featureOf, pair } from '../../fixtures/stages.ts'

it('is ln(1 + positive ratings)', async () => {
  const values = await featureOf(popularity, { items: pair({ batch_positives: 99 }) })
  expect(values.get('whole')).toEqual({ value: Math.fround(Math.log1p(99)), status: 'present' })
})

it('falls back, and says so, where a film has none', async () => {
  const values = await featureOf(popularity, { items: pair({ batch_positives: 99 }) })
  expect(values.get('bare')).toEqual({ value: 0, status: 'missing' })
})
