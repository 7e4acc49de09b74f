import { beforeAll, describe, expect, it } from 'vitest'
import { tableOfRecords } from '../../examples/movielens/catalogue.ts'
import { loadMovieLens } from '../../examples/movielens/dataset.ts'
import {
  type ItemRecord,
  itemRecords,
  type UserRecord,
  userRecords,
} from '../../examples/movielens/records.ts'
import { movieStatistics, userStatistics } from '../../examples/movielens/statistics.ts'
import type { FilterExpression } from '../../src/core/request-filter.ts'
import type { Table } from '../../src/core/table.ts'
import { moviesHome } from '../../src/use-cases/movies-home.ts'
import { moviesSimilar } from '../../src/use-cases/movies-similar.ts'
import { Item } from '../../stages/entities.ts'
import { decideWith, did, recordOf } from '../fixtures/catalogue.ts'
import { satisfies } from '../fixtures/filters.ts'

let films: ItemRecord[]
let users: Map<string, UserRecord>
let items: Table

beforeAll(() => {
  const data = loadMovieLens()
  films = itemRecords(data, movieStatistics(data), 0)
  users = new Map(userRecords(data, userStatistics(data)).map((user) => [user.id, user]))
  items = tableOfRecords(Item, films, 0)
})

/** Has rated 2,698 films. */
const BUSIEST = '414'

const film = (id: string) => films.find((one) => one.id === id) as ItemRecord

describe('movies-home on MovieLens', () => {
  it('fills a page for guests with films that many liked', async () => {
    const { ids } = await decideWith(moviesHome, { items })
    expect(ids).toHaveLength(10)
    const median = films.map((one) => one.attributes.batch_positives).sort((a, b) => a - b)[
      films.length >> 1
    ]
    for (const id of ids) expect(film(id).attributes.batch_positives).toBeGreaterThan(median)
  })

  it('has for the busiest user as many films of each genre and decade as are unseen, up to the limit', async () => {
    const genres = [...new Set(films.flatMap((one) => one.attributes.genres))]
    const user = users.get(BUSIEST)?.attributes
    const seen = new Set(user?.batch_seen)
    expect(seen.size).toBeGreaterThan(2_000)
    for (const genre of genres)
      for (const from of [1930, 1990]) {
        const filter: FilterExpression = {
          all: [
            { field: 'genres', eq: genre },
            { field: 'year', gte: from, lt: from + 10 },
          ],
        }
        const right = films.filter((one) => satisfies(one.attributes, filter) && !seen.has(one.id))
        const { ids } = await decideWith(moviesHome, {
          items,
          user,
          request: { limit: 20, filter },
        })
        expect(ids, `${genre} of ${from}`).toHaveLength(Math.min(20, right.length))
        expect(ids.filter((id) => seen.has(id))).toEqual([])
      }
  })

  it('turns a guest’s page after three clicks', async () => {
    const horror = films
      .filter(({ attributes }) => String(attributes.genres) === 'Horror')
      .sort((a, b) => b.attributes.batch_positives - a.attributes.batch_positives)
      .slice(0, 3)
    const share = (ids: readonly string[]) =>
      ids.filter((id) => film(id).attributes.genres.includes('Horror')).length / ids.length
    const request = { limit: 20 }
    const before = await decideWith(moviesHome, { items, request })
    const after = await decideWith(moviesHome, {
      items,
      request,
      recent: horror.map(({ id }) => did('click', id)),
    })
    expect(share(after.ids)).toBeGreaterThan(share(before.ids))
    for (const { id } of horror) expect(after.ids).not.toContain(id)
  })

  it('gives two users pages of their own', async () => {
    const pages = await Promise.all(
      ['1', '2'].map((id) => decideWith(moviesHome, { items, user: users.get(id)?.attributes })),
    )
    expect(pages[0].ids).not.toEqual(pages[1].ids)
  })
})

describe('movies-similar on MovieLens', () => {
  it('shows neighbours of the film before others, and never the film itself', async () => {
    // Toy Story.
    const page = film('1')
    const { ids } = await decideWith(moviesSimilar, {
      items,
      records: new Map([['page', recordOf('1', page.attributes)]]),
      request: { context: { item: '1' } },
    })
    expect(ids).not.toContain('1')
    const near = ids.filter((id) => page.attributes.neighbours.includes(id))
    expect(near.length).toBeGreaterThanOrEqual(7)
  })
})
