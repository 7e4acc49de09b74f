import { expect, it } from 'vitest'
import { itemId } from '../../../stages/featurize/item-id.ts'
import { requested } from '../../../stages/generate/requested.ts'
import { featureOf } from '../../fixtures/stages.ts'

it('is the film itself, known to the catalogue or not', async () => {
  const values = await featureOf(itemId, {
    generate: [requested],
    request: {
      candidates: [
        { id: 'f3', fields: {} },
        { id: 'x', fields: {} },
      ],
    },
  })
  expect(values.get('f3')).toEqual({ value: ['f3'], status: 'present' })
  expect(values.get('x')).toEqual({ value: ['x'], status: 'present' })
})
