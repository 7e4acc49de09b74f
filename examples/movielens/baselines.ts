import { decayedPopularity } from '../../src/model/decayed-popularity.ts'
import { ease } from '../../src/model/ease.ts'
import { type Incidence, incidence } from '../../src/model/incidence.ts'
import { cosineNeighbours, neighbourScores } from '../../src/model/neighbours.ts'
import type { MovieLens } from './dataset.ts'
import { protocolRanker, type RankingProtocol, type RankingTask } from './protocol.ts'

/** Scores every movie for one task; the array may be reused by the next call. */
export type Scorer = (task: RankingTask) => Float64Array

/** Number of positives seen. */
export function mostPop(data: MovieLens, protocol: RankingProtocol): Scorer {
  const scores = new Float64Array(data.movies.count)
  for (const row of protocol.positives) scores[data.ratings.movie[row]]++
  return () => scores
}

/** Decayed positives at the T of the protocol, the same for everybody. */
export function decayPop(data: MovieLens, protocol: RankingProtocol, halfLifeDays: number): Scorer {
  const scores = decayedAt(data, protocol.positives, protocol.atS, halfLifeDays)
  return () => scores
}

/** Decayed positives at the time of the task, over positives strictly before it. */
export function decayPopPointInTime(
  data: MovieLens,
  protocol: RankingProtocol,
  halfLifeDays: number,
): Scorer {
  const { timestampS } = data.ratings
  return ({ atS }) => {
    const end = protocol.positives.findIndex((row) => timestampS[row] >= atS)
    const before = end === -1 ? protocol.positives : protocol.positives.subarray(0, end)
    return decayedAt(data, before, atS, halfLifeDays)
  }
}

/** Sum over the history of the shrunk cosine (shrinkage 10) to the k nearest movies. */
export function itemKnn(data: MovieLens, protocol: RankingProtocol, k: number): Scorer {
  const neighbours = cosineNeighbours(positivesMatrix(data, protocol), { k, shrink: 10 })
  const scores = new Float64Array(data.movies.count)
  return ({ history }) => neighbourScores(neighbours, history, scores)
}

/** EASE on the positives seen. */
export function easeScorer(data: MovieLens, protocol: RankingProtocol, lambda: number): Scorer {
  const model = ease(positivesMatrix(data, protocol), lambda)
  const scores = new Float64Array(data.movies.count)
  return ({ history }) => model.scores(history, scores)
}

/** The top 50 of every task in the order of the protocol. */
export function rankTasks(
  data: MovieLens,
  protocol: RankingProtocol,
  scorer: Scorer,
): Int32Array[] {
  const ranker = protocolRanker(data, protocol)
  return protocol.tasks.map((task) => ranker(task, scorer(task)))
}

/**
 * A baseline by its name in the reference table, e.g. `MostPop`, `ItemKNN_k50`, `EASE_500`,
 * `DecayPop_90d`, `DecayPop(global T)_90d`, `DecayPop(point-in-time)_90d`; null for other names.
 */
export function baselineNamed(
  name: string,
  data: MovieLens,
  protocol: RankingProtocol,
): Scorer | null {
  if (name === 'MostPop') return mostPop(data, protocol)
  const match =
    /^(DecayPop(?:\(global T\))?|DecayPop\(point-in-time\)|ItemKNN|EASE)_k?(\d+)d?$/.exec(name)
  if (match === null) return null
  const number = Number(match[2])
  if (match[1] === 'ItemKNN') return itemKnn(data, protocol, number)
  if (match[1] === 'EASE') return easeScorer(data, protocol, number)
  if (match[1] === 'DecayPop(point-in-time)') return decayPopPointInTime(data, protocol, number)
  return decayPop(data, protocol, number)
}

function positivesMatrix(data: MovieLens, { positives }: RankingProtocol): Incidence {
  const users = positives.map((row) => data.ratings.user[row])
  const movies = positives.map((row) => data.ratings.movie[row])
  return incidence(data.userIds.length, data.movies.count, users, movies)
}

function decayedAt(data: MovieLens, rows: Int32Array, atS: number, halfLifeDays: number) {
  const { movie, timestampS } = data.ratings
  const movies = rows.map((row) => movie[row])
  const timesS = rows.map((row) => timestampS[row])
  return decayedPopularity(data.movies.count, movies, timesS, atS, halfLifeDays)
}
