import { describe, expect, it } from 'vitest'
import { loadMovieLens, yearOf } from '../../examples/movielens/dataset.ts'
import { itemRecords, userRecords } from '../../examples/movielens/records.ts'
import { historyShiftMs, weekMs } from '../../examples/movielens/shift.ts'
import { movieStatistics, userStatistics } from '../../examples/movielens/statistics.ts'

const data = loadMovieLens()
const { ratings, movies } = data
const statistics = movieStatistics(data)
const items = itemRecords(data, statistics, weekMs)
const users = userRecords(data, userStatistics(data))

describe('the data set', () => {
  it('has the published size and order', () => {
    expect([ratings.count, movies.count, data.userIds.length]).toEqual([100_836, 9_742, 610])
    expect(ratings.timestampS[0]).toBe(828_124_615)
    expect(ratings.timestampS[ratings.count - 1]).toBe(1_537_799_250)
  })

  it('reads the year at the end of a title, also before a trailing space', () => {
    expect(yearOf('Assembly (Ji jie hao) (2007) ')).toBe(2007)
    expect(yearOf('Babylon 5')).toBeUndefined()
    expect(yearOf('2001 (1968) Revisited')).toBeUndefined()
  })
})

describe('item records', () => {
  const byId = new Map(items.map((record) => [record.id, record.attributes]))

  it('keep the title as it is and take year and genres apart', () => {
    expect(byId.get('1')).toMatchObject({
      title: 'Toy Story (1995)',
      year: 1995,
      genres: ['Adventure', 'Animation', 'Children', 'Comedy', 'Fantasy'],
      batch_positives: 147,
      batch_rating_count: 215,
    })
    expect(byId.get('40697')).not.toHaveProperty('year')
    expect(byId.get('156605')?.genres).toEqual([])
  })

  it('leave the mean and the first rating out where nobody rated', () => {
    const unrated = items.filter((record) => record.attributes.batch_rating_count === 0)
    expect(unrated).toHaveLength(18)
    for (const record of unrated) {
      expect(record.attributes).not.toHaveProperty('batch_rating_mean')
      expect(record.attributes).not.toHaveProperty('first_rated_at')
    }
  })

  it('list at most 50 neighbours, best first, never the movie itself', () => {
    const wrong = items.filter(({ id, attributes: { neighbours, neighbour_scores: scores } }) => {
      const descending = scores.every((score, at) => at === 0 || score <= scores[at - 1])
      return neighbours.length > 50 || neighbours.includes(id) || !descending
    })
    expect(wrong).toEqual([])
  })

  it('count only the rows they are given', () => {
    const rows = Int32Array.from({ length: 1000 }, (_, row) => row)
    const early = movieStatistics(data, { rows })
    expect(early.ratingCount.reduce((sum, count) => sum + count, 0)).toBe(1000)
  })
})

describe('user records', () => {
  it('hold every rated movie once and the newest 50 positives', () => {
    expect(users).toHaveLength(610)
    expect(users.reduce((sum, { attributes }) => sum + attributes.batch_seen.length, 0)).toBe(
      ratings.count,
    )
    for (const { attributes } of users) {
      expect(attributes.batch_recent_items.length).toBeLessThanOrEqual(50)
      expect(new Set(attributes.batch_seen).size).toBe(attributes.batch_rating_count)
    }
  })

  it('put the newest positive first', () => {
    const row = ratings.value.findLastIndex((value) => value >= 4)
    const record = users[ratings.user[row]]
    expect(record.attributes.batch_recent_items[0]).toBe(String(movies.ids[ratings.movie[row]]))
  })
})

describe('historyShiftMs', () => {
  it('is the largest number of whole weeks that does not lead past now', () => {
    expect(historyShiftMs(0, weekMs)).toBe(weekMs)
    expect(historyShiftMs(1, weekMs)).toBe(0)
    expect(historyShiftMs(1_537_799_250_000, 1_795_000_000_000) % weekMs).toBe(0)
  })
})
