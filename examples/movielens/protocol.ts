import { temporalCut } from '../../src/model/temporal-cut.ts'
import { topK } from '../../src/model/top-k.ts'
import { type MovieLens, positiveRating } from './dataset.ts'
import { positiveRows } from './statistics.ts'

/** Which part of the stream is predicted. */
export type Window = 'validation' | 'test'

/** One user to rank the catalogue for; movies are indices into the data set. */
export interface RankingTask {
  readonly user: number
  /** The user's positives that models may see, in stream order. */
  readonly history: Int32Array
  /** 1 for a movie that is no candidate. */
  readonly excluded: Uint8Array
  readonly relevant: ReadonlySet<number>
  /** Unix seconds at which the list is asked for: the cut, or the target's own time. */
  readonly atS: number
}

/** What models may see, and what they are asked. */
export interface RankingProtocol {
  /** Rows of the positives that models may see, in stream order. */
  readonly positives: Int32Array
  /** Unix seconds: the T of a popularity that is the same for everybody. */
  readonly atS: number
  /** Ascending by user. */
  readonly tasks: readonly RankingTask[]
}

/** The two cuts of the stream in unix seconds. */
export function cutsOf(data: MovieLens): { t80: number; t90: number } {
  const cut = temporalCut(data.ratings.timestampS)
  if (cut === null) throw new Error('the data set has no ratings')
  return cut
}

/**
 * `temporal_train`: models see positives before T80; relevant are a user's positives in the window;
 * candidates are all movies the user had not rated before T80. Users without a relevant movie are
 * left out.
 */
export function temporalTrain(data: MovieLens, window: Window): RankingProtocol {
  const { t80, t90 } = cutsOf(data)
  const [from, to] = window === 'validation' ? [t80, t90] : [t90, Number.POSITIVE_INFINITY]
  const { user, movie, timestampS, value, count } = data.ratings
  const positives = positiveRows(data).filter((row) => timestampS[row] < t80)
  const excluded = Array.from(data.userIds, () => new Uint8Array(data.movies.count))
  const relevant = Array.from(data.userIds, () => new Set<number>())
  for (let row = 0; row < count; row++) {
    if (timestampS[row] < t80) excluded[user[row]][movie[row]] = 1
    else if (timestampS[row] >= from && timestampS[row] < to && value[row] >= positiveRating) {
      relevant[user[row]].add(movie[row])
    }
  }
  const histories = historiesOf(data, positives)
  const tasks = histories.map((history, index) => ({
    user: index,
    history,
    excluded: excluded[index],
    relevant: relevant[index],
    atS: t80,
  }))
  return { positives, atS: t80, tasks: tasks.filter((task) => task.relevant.size > 0) }
}

/**
 * `lloo`, leave the last ones out: of a user's positives by (time, movieId) the second last
 * (validation) or the last (test) is the target, for users with three or more; models see all
 * positives but every such user's last two (validation) or last one (test). Candidates are the
 * movies the user never rated, and the target.
 */
export function leaveLastOut(data: MovieLens, window: Window): RankingProtocol {
  return leaveOut(data, window === 'validation' ? 2 : 1)
}

/**
 * The same for any number of hidden positives: the target is the first of the last `hidden`. Users with
 * no more than `hidden` positives, or fewer than three, are left out, and all theirs are seen.
 */
export function leaveOut(data: MovieLens, hidden: number): RankingProtocol {
  const needed = Math.max(3, hidden + 1)
  const { user, movie, timestampS, count } = data.ratings
  const rowsOfUser: number[][] = Array.from(data.userIds, () => [])
  for (const row of positiveRows(data)) rowsOfUser[user[row]].push(row)
  const seen = rowsOfUser.flatMap((rows) => (rows.length < needed ? rows : rows.slice(0, -hidden)))
  const positives = Int32Array.from(seen).sort()
  const excluded = Array.from(data.userIds, () => new Uint8Array(data.movies.count))
  for (let row = 0; row < count; row++) excluded[user[row]][movie[row]] = 1
  const histories = historiesOf(data, positives)
  const tasks: RankingTask[] = []
  rowsOfUser.forEach((rows, index) => {
    if (rows.length < needed) return
    const target = rows[rows.length - hidden]
    excluded[index][movie[target]] = 0
    tasks.push({
      user: index,
      history: histories[index],
      excluded: excluded[index],
      relevant: new Set([movie[target]]),
      atS: timestampS[target],
    })
  })
  return { positives, atS: timestampS[positives[positives.length - 1]], tasks }
}

/** Makes the best `limit` candidates of a task, best first, from a score per movie. */
export type Ranker = (task: RankingTask, scores: Float64Array) => Int32Array

/**
 * The order of the protocol: round(score 1e9) descending, then the number of positives seen
 * descending, then movieId ascending.
 */
export function protocolRanker(data: MovieLens, protocol: RankingProtocol, limit = 50): Ranker {
  const popularity = new Int32Array(data.movies.count)
  for (const row of protocol.positives) popularity[data.ratings.movie[row]]++
  const byPopularity = Int32Array.from(popularity.keys()).sort(
    (a, b) => popularity[b] - popularity[a] || a - b,
  )
  const selection = topK(limit)
  const selected = new Int32Array(limit)
  const keys = new Float64Array(limit)
  return (task, scores) => {
    for (let place = 0; place < byPopularity.length; place++) {
      const movie = byPopularity[place]
      // The selection breaks ties by the smaller number it was offered: here the popularity place.
      if (task.excluded[movie] === 0) selection.offer(place, Math.round(scores[movie] * 1e9))
    }
    const length = selection.drain(selected, keys, 0)
    return selected.slice(0, length).map((place) => byPopularity[place])
  }
}

function historiesOf(data: MovieLens, positives: Int32Array): Int32Array[] {
  const histories: number[][] = Array.from(data.userIds, () => [])
  for (const row of positives) histories[data.ratings.user[row]].push(data.ratings.movie[row])
  return histories.map((movies) => Int32Array.from(movies))
}
