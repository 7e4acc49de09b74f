import { decayedPopularity } from '../../src/model/decayed-popularity.ts'
import { incidence } from '../../src/model/incidence.ts'
import { cosineNeighbours, type Neighbours } from '../../src/model/neighbours.ts'
import { type MovieLens, positiveRating } from './dataset.ts'

/** Which ratings are looked at, and the time T of the decayed popularity. */
export interface StatisticsOptions {
  /** Row numbers of the stream, ascending; default: all rows. */
  readonly rows?: Int32Array
  /** Unix seconds; default: the latest time among `rows`. */
  readonly atS?: number
}

/** Batch statistics; the arrays run over the movies of the data set. */
export interface MovieStatistics {
  /** Ratings of 4 and more. */
  readonly positives: Int32Array
  readonly ratingCount: Int32Array
  /** NaN for a movie without ratings. */
  readonly ratingMean: Float64Array
  /** Decayed positives at T with a half-life of 90 days. */
  readonly decayed90d: Float64Array
  /** The same with 365 days. */
  readonly decayed365d: Float64Array
  /** Unix seconds of the first rating; -1 for a movie without. */
  readonly firstRatedAtS: Int32Array
  /** Cosine on co-rated positives: k 50, shrinkage 10. */
  readonly neighbours: Neighbours
}

/** What one user did; the arrays of `UserStatistics` run over the users of the data set. */
export interface UserStatistics {
  readonly ratingCount: Int32Array
  /** NaN for a user without ratings. */
  readonly ratingMean: Float64Array
  /** Movie indices in order of rating. */
  readonly seen: readonly (readonly number[])[]
  /** Movie indices of the last 50 positives, newest first (ties: the larger movieId first). */
  readonly recentPositives: readonly (readonly number[])[]
}

const neighbourOptions = { k: 50, shrink: 10 }
const recentLimit = 50

/** Row numbers of the positives among `rows` (default: all), in stream order. */
export function positiveRows(data: MovieLens, rows: Int32Array = allRows(data)): Int32Array {
  return rows.filter((row) => data.ratings.value[row] >= positiveRating)
}

/** Statistics per movie over a part of the stream, by default the whole of it. */
export function movieStatistics(data: MovieLens, options: StatisticsOptions = {}): MovieStatistics {
  const rows = options.rows ?? allRows(data)
  const { ratings, movies } = data
  const atS = options.atS ?? (rows.length > 0 ? ratings.timestampS[rows[rows.length - 1]] : 0)
  const positives = positiveRows(data, rows)
  const positiveMovies = positives.map((row) => ratings.movie[row])
  const positiveUsers = positives.map((row) => ratings.user[row])
  const positiveTimesS = positives.map((row) => ratings.timestampS[row])
  const decayed = (halfLifeDays: number) =>
    decayedPopularity(movies.count, positiveMovies, positiveTimesS, atS, halfLifeDays)
  const firstRatedAtS = new Int32Array(movies.count).fill(-1)
  for (const row of rows) {
    if (firstRatedAtS[ratings.movie[row]] === -1) {
      firstRatedAtS[ratings.movie[row]] = ratings.timestampS[row]
    }
  }
  return {
    positives: countBy(movies.count, positiveMovies),
    ...ratingsBy(movies.count, ratings.movie, ratings.value, rows),
    decayed90d: decayed(90),
    decayed365d: decayed(365),
    firstRatedAtS,
    neighbours: cosineNeighbours(
      incidence(data.userIds.length, movies.count, positiveUsers, positiveMovies),
      neighbourOptions,
    ),
  }
}

/** Statistics per user over a part of the stream, by default the whole of it. */
export function userStatistics(
  data: MovieLens,
  options: Pick<StatisticsOptions, 'rows'> = {},
): UserStatistics {
  const rows = options.rows ?? allRows(data)
  const { user, movie, value } = data.ratings
  const seen: number[][] = Array.from(data.userIds, () => [])
  const positives: number[][] = Array.from(data.userIds, () => [])
  for (const row of rows) {
    seen[user[row]].push(movie[row])
    if (value[row] >= positiveRating) positives[user[row]].push(movie[row])
  }
  return {
    ...ratingsBy(data.userIds.length, user, value, rows),
    seen,
    recentPositives: positives.map((movies) => movies.slice(-recentLimit).reverse()),
  }
}

function allRows(data: MovieLens): Int32Array {
  return Int32Array.from({ length: data.ratings.count }, (_, row) => row)
}

function countBy(length: number, keys: Int32Array): Int32Array {
  const counts = new Int32Array(length)
  for (const key of keys) counts[key]++
  return counts
}

function ratingsBy(length: number, keys: Int32Array, values: Float64Array, rows: Int32Array) {
  const ratingCount = new Int32Array(length)
  const ratingMean = new Float64Array(length)
  for (const row of rows) {
    ratingCount[keys[row]]++
    ratingMean[keys[row]] += values[row]
  }
  for (let key = 0; key < length; key++) ratingMean[key] /= ratingCount[key]
  return { ratingCount, ratingMean }
}
