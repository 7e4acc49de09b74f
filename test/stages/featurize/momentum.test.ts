import { expect, it } from 'vitest'
import { momentum } from '../../../stages/featurize/momentum.ts'
import { tableFrom } from '../../fixtures/catalogue.ts'
import { featureOf, pair } from '../../fixtures/stages.ts'

it('is higher for a film that rises than for one that fades', async () => {
  const items = tableFrom([
    { id: 'rising', attributes: { batch_decayed_90d: 30, batch_decayed_365d: 40 } },
    { id: 'fading', attributes: { batch_decayed_90d: 1, batch_decayed_365d: 40 } },
  ])
  const values = await featureOf(momentum, { items })
  expect(values.get('rising')?.value).toBeGreaterThan(0.25)
  expect(values.get('fading')?.value).toBeLessThan(0.25)
})

it('is a quarter where nothing is known: as fallback where a field is missing, and by its formula at 0', async () => {
  const none = await featureOf(momentum, { items: pair({ batch_decayed_90d: 3 }) })
  expect(none.get('whole')).toEqual({ value: 0.25, status: 'missing' })
  const zero = pair({ batch_decayed_90d: 0, batch_decayed_365d: 0 })
  const values = await featureOf(momentum, { items: zero })
  expect(values.get('whole')).toEqual({ value: 0.25, status: 'present' })
})
