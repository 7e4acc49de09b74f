import type { MovieLens } from './dataset.ts'
import type { MovieStatistics, UserStatistics } from './statistics.ts'

/** One record of entity `item`, as PUT /v1/entities/item takes it. */
export interface ItemRecord {
  readonly id: string
  readonly attributes: {
    readonly title: string
    readonly genres: readonly string[]
    /** Absent where the title has none. */
    readonly year?: number
    readonly batch_positives: number
    readonly batch_rating_count: number
    /** Absent where nobody rated the movie. */
    readonly batch_rating_mean?: number
    readonly batch_decayed_90d: number
    readonly batch_decayed_365d: number
    /** Epoch ms, shifted like the history; absent where nobody rated the movie. */
    readonly first_rated_at?: number
    /** Ids of the most similar movies, best first. */
    readonly neighbours: readonly string[]
    /** Their similarities, rounded to 6 decimals. */
    readonly neighbour_scores: readonly number[]
  }
}

/** One record of entity `user`. */
export interface UserRecord {
  readonly id: string
  readonly attributes: {
    /** Ids of every rated movie, in order of rating. */
    readonly batch_seen: readonly string[]
    /** Ids of the last 50 positives, newest first. */
    readonly batch_recent_items: readonly string[]
    readonly batch_rating_count: number
    /** Absent where the user rated nothing. */
    readonly batch_rating_mean?: number
  }
}

/** One item record per movie of the data set, ascending by id; `shiftMs` moves `first_rated_at`. */
export function itemRecords(
  data: MovieLens,
  statistics: MovieStatistics,
  shiftMs: number,
): ItemRecord[] {
  const { movies } = data
  const { neighbours } = statistics
  return Array.from(movies.ids, (id, movie) => {
    const from = neighbours.offsets[movie]
    const to = neighbours.offsets[movie + 1]
    const year = movies.years[movie]
    const rated = statistics.ratingCount[movie] > 0
    return {
      id: String(id),
      attributes: {
        title: movies.titles[movie],
        genres: movies.genres[movie],
        ...(year === undefined ? {} : { year }),
        batch_positives: statistics.positives[movie],
        batch_rating_count: statistics.ratingCount[movie],
        ...(rated ? { batch_rating_mean: statistics.ratingMean[movie] } : {}),
        batch_decayed_90d: statistics.decayed90d[movie],
        batch_decayed_365d: statistics.decayed365d[movie],
        ...(rated ? { first_rated_at: statistics.firstRatedAtS[movie] * 1000 + shiftMs } : {}),
        neighbours: Array.from(neighbours.indices.subarray(from, to), (n) => String(movies.ids[n])),
        neighbour_scores: Array.from(neighbours.scores.subarray(from, to), sixDecimals),
      },
    }
  })
}

/** One user record per user of the data set, ascending by id. */
export function userRecords(data: MovieLens, statistics: UserStatistics): UserRecord[] {
  const idOf = (movie: number) => String(data.movies.ids[movie])
  return Array.from(data.userIds, (id, user) => ({
    id: String(id),
    attributes: {
      batch_seen: statistics.seen[user].map(idOf),
      batch_recent_items: statistics.recentPositives[user].map(idOf),
      batch_rating_count: statistics.ratingCount[user],
      ...(statistics.ratingCount[user] > 0
        ? { batch_rating_mean: statistics.ratingMean[user] }
        : {}),
    },
  }))
}

// Full doubles would double the size of an import, for digits a float32 column drops anyway.
function sixDecimals(score: number): number {
  return Math.round(score * 1e6) / 1e6
}
