import { expect, it } from 'vitest'
import { heat90d } from '../../../stages/featurize/heat-90d.ts'
import { featureOf, pair } from '../../fixtures/stages.ts'

it('is ln(1 + interest of this quarter)', async () => {
  const values = await featureOf(heat90d, { items: pair({ batch_decayed_90d: 2.5 }) })
  expect(values.get('whole')).toEqual({ value: Math.fround(Math.log1p(2.5)), status: 'present' })
})

it('falls back, and says so, where a film has none', async () => {
  const values = await featureOf(heat90d, { items: pair({ batch_decayed_90d: 2.5 }) })
  expect(values.get('bare')).toEqual({ value: 0, status: 'missing' })
})
