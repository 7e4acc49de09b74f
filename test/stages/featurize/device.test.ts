import { expect, it } from 'vitest'
import { device } from '../../../stages/featurize/device.ts'
import { featureOf } from '../../fixtures/stages.ts'

it('is what the request says', async () => {
  const values = await featureOf(device, { request: { context: { device: 'tv' } } })
  expect(values.get('f0')).toEqual({ value: ['tv'], status: 'present' })
})

it('is none, and missing, where the request is silent or speaks nonsense', async () => {
  for (const context of [{}, { device: 'toaster' }, { device: 7 }]) {
    const values = await featureOf(device, { request: { context } })
    expect(values.get('f0')).toEqual({ value: [], status: 'missing' })
  }
})
