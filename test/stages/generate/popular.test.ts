import { expect, it } from 'vitest'
import { popular } from '../../../stages/generate/popular.ts'
import { tableFrom } from '../../fixtures/catalogue.ts'
import { drawnBy, FILMS } from '../../fixtures/stages.ts'

it('draws the films with the most positive ratings first', async () => {
  const { ids, scores } = await drawnBy(popular)
  expect(ids.slice(0, 3)).toEqual(['f0', 'f1', 'f2'])
  expect(scores.slice(0, 3)).toEqual([100, 99, 98])
})

it('puts films without ratings last, in the order of the catalogue', async () => {
  const items = tableFrom([
    { id: 'new' },
    { id: 'liked', attributes: { batch_positives: 3 } },
    { id: 'newer' },
  ])
  expect((await drawnBy(popular, { items })).ids).toEqual(['liked', 'new', 'newer'])
})

it('draws the same for a guest and for a known user', async () => {
  const guest = await drawnBy(popular)
  expect(await drawnBy(popular, { user: { batch_rating_count: 9 } })).toEqual(guest)
})

it('draws under the request’s filter and exclude', async () => {
  const { ids } = await drawnBy(popular, {
    request: { exclude: new Set(['f0']), filter: { field: 'genres', eq: 'Drama' } },
  })
  expect(ids).toEqual(Array.from({ length: 19 }, (_, n) => `f${3 * (n + 1)}`))
})

it('leaves a removed film out', async () => {
  const items = tableFrom([{ id: 'a', attributes: { batch_positives: 1 } }, null, { id: 'b' }])
  expect((await drawnBy(popular, { items })).ids).toEqual(['a', 'b'])
  expect(FILMS.live).toBe(60)
})
