import { expect, it } from 'vitest'
import { neighbours } from '../../../stages/generate/neighbours.ts'
import { did, tableFrom } from '../../fixtures/catalogue.ts'
import { drawnBy } from '../../fixtures/stages.ts'

it('draws the films that name a liked film as a neighbour, most similar first', async () => {
  const { ids, scores } = await drawnBy(neighbours, { user: { batch_recent_items: ['f10'] } })
  expect(ids).toEqual(['f9', 'f8'])
  expect(scores).toEqual([0.5, 0.25])
})

it('draws nothing for a guest who has done nothing', async () => {
  expect(await drawnBy(neighbours)).toEqual({ ids: [], scores: [], state: 'ok' })
})

it('draws for a guest from the clicks of this session', async () => {
  expect((await drawnBy(neighbours, { recent: [did('click', 'f20')] })).ids).toEqual(['f19', 'f18'])
})

it('takes a dismissed film for no sign of interest', async () => {
  expect((await drawnBy(neighbours, { recent: [did('dismiss', 'f20')] })).ids).toEqual([])
})

it('adds up where a film is close to two liked ones', async () => {
  const { ids } = await drawnBy(neighbours, { user: { batch_recent_items: ['f10', 'f9'] } })
  expect(ids[0]).toBe('f8')
})

it('never draws a film that was removed, though others name it', async () => {
  const items = tableFrom([
    { id: 'a', attributes: { neighbours: ['gone', 'b'], neighbour_scores: [0.9, 0.5] } },
    null,
    { id: 'b', attributes: { neighbours: ['a', 'gone'], neighbour_scores: [0.5, 0.4] } },
  ])
  const { ids } = await drawnBy(neighbours, { items, user: { batch_recent_items: ['gone', 'b'] } })
  expect(ids).toEqual(['a'])
})

it('draws nothing where the catalogue has no neighbours', async () => {
  const items = tableFrom([{ id: 'a' }, { id: 'b' }])
  const { ids } = await drawnBy(neighbours, { items, user: { batch_recent_items: ['a'] } })
  expect(ids).toEqual([])
})
