import { expect, it } from 'vitest'
import { newest } from '../../../stages/generate/recent.ts'
import { tableFrom } from '../../fixtures/catalogue.ts'
import { drawnBy } from '../../fixtures/stages.ts'

it('draws the newest arrivals, newest first', async () => {
  const { ids } = await drawnBy(newest)
  expect(ids).toEqual(Array.from({ length: 30 }, (_, n) => `f${59 - n}`))
})

it('puts films whose arrival is unknown last', async () => {
  const items = tableFrom([{ id: 'unknown' }, { id: 'old', attributes: { first_rated_at: 1 } }])
  expect((await drawnBy(newest, { items })).ids).toEqual(['old', 'unknown'])
})

it('tells films apart that arrived within the same minute', async () => {
  const items = tableFrom([
    { id: 'first', attributes: { first_rated_at: 1_700_000_000_001 } },
    { id: 'second', attributes: { first_rated_at: 1_700_000_000_002 } },
  ])
  expect((await drawnBy(newest, { items })).ids).toEqual(['second', 'first'])
})
