import { expect, it } from 'vitest'
import { taste } from '../../../stages/derive/taste.ts'
import { tableFrom } from '../../fixtures/catalogue.ts'
import { derivedFrom, FILMS } from '../../fixtures/stages.ts'

const genres = FILMS.stringsColumn('genres')?.dictionary ?? []
const code = (genre: string) => genres.indexOf(genre)

it('weighs the genres of liked films, the more the oftener they are liked', async () => {
  const shares = await derivedFrom(taste, { user: { batch_recent_items: ['f0', 'f3', 'f1'] } })
  expect(shares[code('Drama')]).toBeGreaterThan(shares[code('Comedy')])
  expect(shares[code('Comedy')]).toBeGreaterThan(0)
  expect(shares[code('Horror')]).toBe(0)
})

it('is empty for guests', async () => {
  expect(await derivedFrom(taste, {})).toHaveLength(0)
})

it('is finite where the liked films have no genres', async () => {
  const items = tableFrom([
    { id: 'plain', attributes: { genres: [] } },
    { id: 'drama', attributes: { genres: ['Drama'] } },
  ])
  const shares = await derivedFrom(taste, { items, user: { batch_recent_items: ['plain'] } })
  expect([...shares].every(Number.isFinite)).toBe(true)
})

it('is empty where the catalogue has no genres', async () => {
  const items = tableFrom([{ id: 'a', attributes: { year: 1990 } }])
  const bare = { items, user: { batch_recent_items: ['a'] } }
  expect([...(await derivedFrom(taste, bare))]).toEqual([])
})
