import { expect, it } from 'vitest'
import { fromRandom } from '../../../stages/featurize/from-random.ts'
import { popular } from '../../../stages/generate/popular.ts'
import { random } from '../../../stages/generate/random.ts'
import { featureOf } from '../../fixtures/stages.ts'

it('is 1 for what `random` drew, also where another source drew it too', async () => {
  const values = await featureOf(fromRandom, { generate: [popular, random] })
  const drawn = [...values.values()].filter(({ value }) => value === 1)
  expect(drawn).toHaveLength(random.limit)
  expect(values.size).toBe(60)
})
