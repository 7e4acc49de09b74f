import { expect, it } from 'vitest'
import { sessionTaste, taste } from '../../../stages/derive/taste.ts'
import { did, tableFrom } from '../../fixtures/catalogue.ts'
import { derivedFrom, FILMS } from '../../fixtures/stages.ts'

const genres = FILMS.stringsColumn('genres')?.dictionary ?? []
const code = (genre: string) => genres.indexOf(genre)

it('weighs the genres of liked films, the more the oftener they are liked', async () => {
  const { shares } = await derivedFrom(taste, { user: { batch_recent_items: ['f0', 'f3', 'f1'] } })
  expect(shares[code('Drama')]).toBeGreaterThan(shares[code('Comedy')])
  expect(shares[code('Comedy')]).toBeGreaterThan(0)
  expect(shares[code('Horror')]).toBe(0)
})

it('is empty for guests', async () => {
  expect((await derivedFrom(taste, {})).shares).toHaveLength(0)
})

it('is finite where the liked films have no genres', async () => {
  const items = tableFrom([
    { id: 'plain', attributes: { genres: [] } },
    { id: 'drama', attributes: { genres: ['Drama'] } },
  ])
  const { shares } = await derivedFrom(taste, { items, user: { batch_recent_items: ['plain'] } })
  expect([...shares].every(Number.isFinite)).toBe(true)
})

it('is empty where the catalogue has no genres', async () => {
  const items = tableFrom([{ id: 'a', attributes: { year: 1990 } }])
  const bare = { items, user: { batch_recent_items: ['a'] } }
  expect([...(await derivedFrom(taste, bare)).shares]).toEqual([])
})

it('says most of the genre that all liked films share', async () => {
  const { shares } = await derivedFrom(taste, { user: { batch_recent_items: ['f0', 'f3', 'f6'] } })
  const top = shares.indexOf(Math.max(...shares))
  const held = (slot: string) => {
    const column = FILMS.stringsColumn('genres')
    const at = FILMS.slotOf(slot)
    return column?.codes.subarray(column.offsets[at], column.offsets[at + 1]).includes(top)
  }
  expect(['f0', 'f3', 'f6'].every(held)).toBe(true)
})

it('keeps the taste of this session apart', async () => {
  const visitor = { user: { batch_recent_items: ['f0'] }, recent: [did('click', 'f1')] }
  const session = (await derivedFrom(sessionTaste, visitor)).shares
  expect(session[code('Comedy')]).toBeGreaterThan(0)
  expect(session[code('Drama')]).toBe(0)
  expect(
    (await derivedFrom(sessionTaste, { user: { batch_recent_items: ['f0'] } })).shares,
  ).toHaveLength(0)
})
