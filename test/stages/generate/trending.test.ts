import { expect, it } from 'vitest'
import { trending } from '../../../stages/generate/trending.ts'
import { tableFrom } from '../../fixtures/catalogue.ts'
import { drawnBy } from '../../fixtures/stages.ts'

it('draws what has the most interest of late, not over all time', async () => {
  expect((await drawnBy(trending)).ids.slice(0, 3)).toEqual(['f59', 'f58', 'f57'])
})

it('puts films without a recent rating last', async () => {
  const items = tableFrom([{ id: 'quiet' }, { id: 'hot', attributes: { batch_decayed_90d: 0.1 } }])
  expect((await drawnBy(trending, { items })).ids).toEqual(['hot', 'quiet'])
})

it('draws at most its limit', async () => {
  const items = tableFrom(Array.from({ length: 300 }, (_, n) => ({ id: `x${n}` })))
  expect((await drawnBy(trending, { items })).ids).toHaveLength(trending.limit)
})
