import { expect, it } from 'vitest'
import { fromNeighbours } from '../../../stages/featurize/from-neighbours.ts'
import { neighbours } from '../../../stages/generate/neighbours.ts'
import { popular } from '../../../stages/generate/popular.ts'
import { did } from '../../fixtures/catalogue.ts'
import { featureOf } from '../../fixtures/stages.ts'

it('is 1 for what `neighbours` drew and 0 for the rest', async () => {
  const values = await featureOf(fromNeighbours, {
    generate: [neighbours, popular],
    recent: [did('click', 'f20')],
  })
  const drawn = [...values].filter(([, { value }]) => value === 1).map(([id]) => id)
  expect(drawn.sort()).toEqual(['f18', 'f19'])
  expect(values.get('f0')).toEqual({ value: 0, status: 'present' })
})
