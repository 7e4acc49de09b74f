import { expect, it } from 'vitest'
import { random } from '../../../stages/generate/random.ts'
import { tableFrom } from '../../fixtures/catalogue.ts'
import { drawnBy } from '../../fixtures/stages.ts'

it('draws the same films from the same seed, others from another', async () => {
  const first = await drawnBy(random, { seed: 1 })
  expect(first.ids).toHaveLength(random.limit)
  expect(await drawnBy(random, { seed: 1 })).toEqual(first)
  expect((await drawnBy(random, { seed: 2 })).ids).not.toEqual(first.ids)
})

it('draws each film equally often', async () => {
  const items = tableFrom(Array.from({ length: 20 }, (_, n) => ({ id: String(n) })))
  const counts = new Array<number>(20).fill(0)
  const runs = 1_500
  for (let seed = 0; seed < runs; seed++)
    for (const id of (await drawnBy(random, { items, seed })).ids) counts[Number(id)]++
  // 10 of 20 each time; four standard deviations of a binomial with p = 1/2.
  const bound = 4 * Math.sqrt(runs / 4)
  for (const count of counts) expect(Math.abs(count - runs / 2)).toBeLessThan(bound)
})

it('draws no film twice and none that was removed', async () => {
  const items = tableFrom([{ id: 'a' }, null, { id: 'b' }, null, { id: 'c' }])
  expect((await drawnBy(random, { items })).ids.sort()).toEqual(['a', 'b', 'c'])
})

it('draws nothing from an empty catalogue', async () => {
  expect((await drawnBy(random, { items: tableFrom([]) })).ids).toEqual([])
})
