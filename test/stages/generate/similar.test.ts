import { expect, it } from 'vitest'
import { similar } from '../../../stages/generate/similar.ts'
import { tableFrom } from '../../fixtures/catalogue.ts'
import { drawnBy } from '../../fixtures/stages.ts'

it('draws the neighbours of the page’s film in their order, with their similarities', async () => {
  const { ids, scores } = await drawnBy(similar, { page: 'f10' })
  expect(ids).toEqual(['f11', 'f12'])
  expect(scores).toEqual([0.5, 0.25])
})

it('draws the same for a guest and for a known user', async () => {
  const guest = await drawnBy(similar, { page: 'f10' })
  expect(await drawnBy(similar, { page: 'f10', user: { batch_recent_items: ['f1'] } })).toEqual(
    guest,
  )
})

it('draws nothing for a film that nobody knows', async () => {
  expect((await drawnBy(similar, { page: 'nope' })).ids).toEqual([])
})

it('draws nothing where the page is about no film', async () => {
  expect((await drawnBy(similar)).ids).toEqual([])
})

it('leaves out a neighbour that was removed from the catalogue', async () => {
  const items = tableFrom([
    { id: 'a', attributes: { neighbours: ['gone', 'b'], neighbour_scores: [0.9, 0.5] } },
    null,
    { id: 'b' },
  ])
  const { ids, scores } = await drawnBy(similar, { items, page: 'a' })
  expect(ids).toEqual(['b'])
  expect(scores).toEqual([0.5])
})

it('gives 0 where the list of similarities is too short', async () => {
  const items = tableFrom([
    { id: 'a', attributes: { neighbours: ['b', 'c'], neighbour_scores: [0.5] } },
    { id: 'b', attributes: { neighbours: ['a'], neighbour_scores: [0.75] } },
    { id: 'c' },
  ])
  expect((await drawnBy(similar, { items, page: 'a' })).scores).toEqual([0.5, 0])
})
