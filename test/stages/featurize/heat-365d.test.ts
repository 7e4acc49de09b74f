import { expect, it } from 'vitest'
import { heat365d } from '../../../stages/featurize/heat-365d.ts'
import { featureOf, pair } from '../../fixtures/stages.ts'

it('is ln(1 + interest of this year)', async () => {
  const values = await featureOf(heat365d, { items: pair({ batch_decayed_365d: 2.5 }) })
  expect(values.get('whole')).toEqual({ value: Math.fround(Math.log1p(2.5)), status: 'present' })
})

it('falls back, and says so, where a film has none', async () => {
  const values = await featureOf(heat365d, { items: pair({ batch_decayed_365d: 2.5 }) })
  expect(values.get('bare')).toEqual({ value: 0, status: 'missing' })
})
