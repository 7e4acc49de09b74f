import { expect, it } from 'vitest'
import { similarity } from '../../../stages/derive/similarity.ts'
import { tableFrom } from '../../fixtures/catalogue.ts'
import { derivedFrom, FILMS } from '../../fixtures/stages.ts'

const at = (id: string) => FILMS.slotOf(id)

it('is Σ weight × similarity over the liked films that a film names', async () => {
  const one = await derivedFrom(similarity, { user: { batch_recent_items: ['f10'] } })
  expect(one.bySlot[at('f9')]).toBe(0.5)
  expect(one.bySlot[at('f8')]).toBe(0.25)
  const two = await derivedFrom(similarity, { user: { batch_recent_items: ['f10', 'f9'] } })
  expect(two.bySlot[at('f8')]).toBeGreaterThan(0.25)
})

it('says which films it touched, each once', async () => {
  const { bySlot, touched } = await derivedFrom(similarity, {
    user: { batch_recent_items: ['f10', 'f9', 'f8'] },
  })
  const found = Array.from(bySlot.keys()).filter((slot) => bySlot[slot] !== 0)
  expect([...touched].sort((a, b) => a - b)).toEqual(found)
})

it('reads no other film’s similarities where a list of them is too short', async () => {
  const items = tableFrom([
    { id: 'a', attributes: { neighbours: ['c', 'd'], neighbour_scores: [0.5] } },
    { id: 'b', attributes: { neighbours: ['c'], neighbour_scores: [0.75] } },
    { id: 'c' },
    { id: 'd' },
  ])
  const { bySlot, touched } = await derivedFrom(similarity, {
    items,
    user: { batch_recent_items: ['d'] },
  })
  expect([...bySlot]).toEqual([0, 0, 0, 0])
  expect([...touched]).toEqual([])
})

it('is 0 everywhere for guests, and without neighbours', async () => {
  expect((await derivedFrom(similarity, {})).touched).toHaveLength(0)
  const bare = tableFrom([{ id: 'a' }])
  const none = await derivedFrom(similarity, { items: bare, user: { batch_recent_items: ['a'] } })
  expect(none.touched).toHaveLength(0)
})
