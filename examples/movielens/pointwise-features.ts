import { daySeconds } from '../../src/model/decayed-popularity.ts'
import { type MovieLens, positiveRating } from './dataset.ts'

/** Features of the task "will this rating be 4 or more", one row per rating in stream order. */
export interface PointwiseFeatures {
  readonly names: readonly string[]
  /** How many of the columns, from the left, are to be z-scored; the rest are 0/1 genre flags. */
  readonly scored: number
  /** Row-major, rows × names. */
  readonly raw: Float64Array
  /** 1 for a rating of 4 or more. */
  readonly labels: Uint8Array
}

const scoredNames = [
  'user_rate_logit',
  'item_rate_logit',
  'user_mean',
  'item_mean',
  'user_log_n',
  'item_log_n',
  'genre_aff_mean',
  'genre_aff_max',
  'item_age_decades',
  'item_age_missing',
  'item_log_days',
  'user_log_days',
  'user_log_gap_s',
  'user_new',
  'item_new',
  'hour_sin',
  'hour_cos',
  'dow_sin',
  'dow_cos',
  'item_log_decay365',
  'n_genres',
  'user_x_item',
]

// A movie without genres counts as having this one.
const noGenres = ['(no genres listed)']

/** Genre strings in order of code points, and per movie the indices of its own. */
export function genreTable(data: MovieLens): {
  names: string[]
  ofMovie: readonly (readonly number[])[]
} {
  const listed = data.movies.genres.map((genres) => (genres.length === 0 ? noGenres : genres))
  const names = [...new Set(listed.flat())].sort((a, b) => (a < b ? -1 : 1))
  const index = new Map(names.map((name, at) => [name, at]))
  return { names, ofMovie: listed.map((genres) => genres.map((genre) => index.get(genre)!)) }
}

/**
 * The feature table of the pointwise protocol. A row uses all earlier rows of the stream, also those
 * of the same second, and nothing later. n, pos and sum of ratings are smoothed towards the mean of
 * the stream so far with 5 pseudo-ratings.
 */
export function pointwiseFeatures(data: MovieLens): PointwiseFeatures {
  const { ratings, movies, userIds } = data
  const genres = genreTable(data)
  const names = [...scoredNames, ...genres.names.map((name) => `genre=${name}`)]
  const raw = new Float64Array(ratings.count * names.length)
  const labels = new Uint8Array(ratings.count)
  const all = tally(1)
  const ofUser = tally(userIds.length)
  const ofMovie = tally(movies.count)
  const ofUserGenre = tally(userIds.length * genres.names.length)
  const decay = decayingCount(movies.count, 365 * daySeconds)

  for (let row = 0; row < ratings.count; row++) {
    const u = ratings.user[row]
    const i = ratings.movie[row]
    const t = ratings.timestampS[row]
    const positive = ratings.value[row] >= positiveRating ? 1 : 0
    const own = genres.ofMovie[i]
    const g = (all.positives[0] + 1) / (all.n[0] + 2)
    const meanRating = (all.sum[0] + 3.5) / (all.n[0] + 1)
    const pu = (ofUser.positives[u] + 5 * g) / (ofUser.n[u] + 5)
    const pi = (ofMovie.positives[i] + 5 * g) / (ofMovie.n[i] + 5)
    const affinities = own.map((genre) => {
      const at = u * genres.names.length + genre
      return logit((ofUserGenre.positives[at] + 5 * pu) / (ofUserGenre.n[at] + 5)) - logit(pu)
    })
    const year = movies.years[i]
    const hour = Math.floor((t % daySeconds) / 3600)
    const weekday = (Math.floor(t / daySeconds) + 4) % 7
    raw.set(
      [
        logit(pu),
        logit(pi),
        (ofUser.sum[u] + 5 * meanRating) / (ofUser.n[u] + 5),
        (ofMovie.sum[i] + 5 * meanRating) / (ofMovie.n[i] + 5),
        Math.log1p(ofUser.n[u]),
        Math.log1p(ofMovie.n[i]),
        affinities.reduce((sum, affinity) => sum + affinity, 0) / affinities.length,
        Math.max(...affinities),
        year === undefined ? 0 : ageDecades(t, year),
        year === undefined ? 1 : 0,
        ofMovie.n[i] === 0 ? 0 : Math.log1p((t - ofMovie.firstS[i]) / daySeconds),
        ofUser.n[u] === 0 ? 0 : Math.log1p((t - ofUser.firstS[u]) / daySeconds),
        ofUser.n[u] === 0 ? 0 : Math.log1p(t - ofUser.lastS[u]),
        ofUser.n[u] === 0 ? 1 : 0,
        ofMovie.n[i] === 0 ? 1 : 0,
        Math.sin((2 * Math.PI * hour) / 24),
        Math.cos((2 * Math.PI * hour) / 24),
        Math.sin((2 * Math.PI * weekday) / 7),
        Math.cos((2 * Math.PI * weekday) / 7),
        Math.log1p(decay.at(i, t)),
        own.length,
        (logit(pu) - logit(g)) * (logit(pi) - logit(g)),
      ],
      row * names.length,
    )
    labels[row] = positive
    for (const genre of own) {
      raw[row * names.length + scoredNames.length + genre] = 1
      ofUserGenre.add(u * genres.names.length + genre, ratings.value[row], positive, t)
    }
    for (const [counts, key] of [[all, 0] as const, [ofUser, u] as const, [ofMovie, i] as const]) {
      counts.add(key, ratings.value[row], positive, t)
    }
    if (positive === 1) decay.add(i, t)
  }
  return { names, scored: scoredNames.length, raw, labels }
}

function logit(p: number): number {
  return Math.log(p / (1 - p))
}

function ageDecades(timeS: number, year: number): number {
  const age = new Date(timeS * 1000).getUTCFullYear() - year
  return Math.min(Math.max(age, 0), 100) / 10
}

function tally(keys: number) {
  const n = new Float64Array(keys)
  const positives = new Float64Array(keys)
  const sum = new Float64Array(keys)
  const firstS = new Float64Array(keys)
  const lastS = new Float64Array(keys)
  const add = (key: number, rating: number, positive: number, timeS: number) => {
    if (n[key] === 0) firstS[key] = timeS
    n[key]++
    positives[key] += positive
    sum[key] += rating
    lastS[key] = timeS
  }
  return { n, positives, sum, firstS, lastS, add }
}

function decayingCount(keys: number, halfLifeS: number) {
  const value = new Float64Array(keys)
  const asOfS = new Float64Array(keys)
  const at = (key: number, timeS: number) => value[key] * 2 ** (-(timeS - asOfS[key]) / halfLifeS)
  const add = (key: number, timeS: number) => {
    value[key] = at(key, timeS) + 1
    asOfS[key] = timeS
  }
  return { at, add }
}
