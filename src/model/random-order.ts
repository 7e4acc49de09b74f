import { idealDcg, rankDiscount } from './ranking-metrics.ts'

/**
 * Expected metrics at K of a uniformly random order of `candidates` items, `relevant` of them
 * relevant: recall min(K, C)/C; NDCG (P/C) sum of the discounts / IDCG; MRR the sum over r of
 * (1/r) P(first hit at r), where P(hit at r | none before) = P/(C - r + 1), sampling without
 * replacement. Null (undefined) without relevant items; throws RangeError for more of them than
 * candidates.
 */
export function randomOrderExpectation(
  candidates: number,
  relevant: number,
  k: number,
): { recall: number; ndcg: number; mrr: number } | null {
  if (relevant > candidates) throw new RangeError(`${relevant} relevant of ${candidates} items`)
  if (relevant === 0) return null
  let discounts = 0
  let mrr = 0
  let noneBefore = 1
  const last = Math.min(k, candidates)
  for (let r = 1; r <= last; r++) {
    discounts += rankDiscount(r)
    const hit = Math.min(1, relevant / (candidates - r + 1))
    mrr += (noneBefore * hit) / r
    noneBefore *= 1 - hit
  }
  return {
    recall: last / candidates,
    ndcg: ((relevant / candidates) * discounts) / idealDcg(relevant, k),
    mrr,
  }
}
