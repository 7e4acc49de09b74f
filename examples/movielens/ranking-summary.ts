import { randomOrderExpectation } from '../../src/model/random-order.ts'
import { coverage, rankingMetrics } from '../../src/model/ranking-metrics.ts'
import type { RankingTask } from './protocol.ts'

/** Plain means over users, their standard errors (n - 1), and the share of the catalogue shown. */
export interface RankingSummary {
  readonly ndcg10: number
  readonly recall10: number
  readonly recall50: number
  readonly mrr10: number
  readonly se_ndcg10: number
  readonly se_recall10: number
  readonly se_recall50: number
  readonly se_mrr10: number
  readonly coverage10: number
  readonly users: number
}

/** The metrics of one list, as `summarizeLists` averages them. */
export type UserMetrics = Pick<RankingSummary, 'ndcg10' | 'recall10' | 'recall50' | 'mrr10'>

/** Metrics of one ranked list (movie indices, 50 long where there are as many candidates). */
export function userMetrics(task: RankingTask, list: Int32Array): UserMetrics {
  const ranked = Array.from(list)
  const at10 = rankingMetrics(ranked, task.relevant, 10)
  const at50 = rankingMetrics(ranked, task.relevant, 50)
  if (at10 === null || at50 === null) throw new Error(`user ${task.user} has nothing relevant`)
  return { ndcg10: at10.ndcg, recall10: at10.recall, recall50: at50.recall, mrr10: at10.mrr }
}

/** The row of the reference table for one list per task; `catalogueSize` is that of the data set. */
export function summarizeLists(
  tasks: readonly RankingTask[],
  lists: readonly Int32Array[],
  catalogueSize: number,
): RankingSummary {
  const perUser = tasks.map((task, n) => userMetrics(task, lists[n]))
  const of = (name: keyof UserMetrics) => meanAndError(perUser.map((metrics) => metrics[name]))
  const [ndcg10, recall10, recall50, mrr10] = [
    of('ndcg10'),
    of('recall10'),
    of('recall50'),
    of('mrr10'),
  ]
  return {
    ndcg10: ndcg10.mean,
    recall10: recall10.mean,
    recall50: recall50.mean,
    mrr10: mrr10.mean,
    se_ndcg10: ndcg10.error,
    se_recall10: recall10.error,
    se_recall50: recall50.error,
    se_mrr10: mrr10.error,
    coverage10: coverage(
      lists.map((list) => Array.from(list)),
      catalogueSize,
      10,
    )!,
    users: tasks.length,
  }
}

/**
 * The same row in expectation for uniformly random orders, without errors: means of the closed
 * forms, and per movie 1 - prod over the users who may be shown it of (1 - 10 / candidates).
 */
export function randomSummary(
  tasks: readonly RankingTask[],
  catalogueSize: number,
): Omit<RankingSummary, `se_${string}`> {
  const sums = { ndcg10: 0, recall10: 0, recall50: 0, mrr10: 0 }
  const unseen = new Float64Array(catalogueSize).fill(1)
  for (const task of tasks) {
    const candidates = task.excluded.reduce((count, out) => count + 1 - out, 0)
    const at10 = randomOrderExpectation(candidates, task.relevant.size, 10)!
    const at50 = randomOrderExpectation(candidates, task.relevant.size, 50)!
    sums.ndcg10 += at10.ndcg
    sums.recall10 += at10.recall
    sums.recall50 += at50.recall
    sums.mrr10 += at10.mrr
    for (let movie = 0; movie < catalogueSize; movie++) {
      if (task.excluded[movie] === 0) unseen[movie] *= 1 - 10 / candidates
    }
  }
  const users = tasks.length
  return {
    ndcg10: sums.ndcg10 / users,
    recall10: sums.recall10 / users,
    recall50: sums.recall50 / users,
    mrr10: sums.mrr10 / users,
    coverage10: unseen.reduce((sum, p) => sum + 1 - p, 0) / catalogueSize,
    users,
  }
}

function meanAndError(values: readonly number[]): { mean: number; error: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0)
  return { mean, error: Math.sqrt(squares / (values.length - 1) / values.length) }
}
