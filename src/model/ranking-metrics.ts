/** What one ranked list is worth at a cut K, against a set of relevant items. */
export interface RankingMetrics {
  /** DCG / IDCG with DCG = sum of 1 / log2(r + 1) over the ranks r of the hits within K. */
  readonly ndcg: number
  /** hits / relevant. */
  readonly recall: number
  /** hits / K, also where the list is shorter than K. */
  readonly precision: number
  /** 1 with any hit, else 0. */
  readonly hit: number
  /** 1 / rank of the first hit, 0 without one. */
  readonly mrr: number
  /** Sum over the hit ranks r of (hits in the first r) / r, divided by min(K, relevant). */
  readonly map: number
}

/** 1 / log2(r + 1), the discount of rank r = 1, 2, … (Järvelin and Kekäläinen, TOIS 2002). */
export function rankDiscount(rank: number): number {
  return 1 / Math.log2(rank + 1)
}

/**
 * Metrics at K of a list given best first; it may be shorter than K and must not repeat items. Null
 * (undefined) without relevant items. (Manning et al., "Introduction to Information Retrieval", 8.4.)
 */
export function rankingMetrics<T>(
  ranked: readonly T[],
  relevant: ReadonlySet<T>,
  k: number,
): RankingMetrics | null {
  const ranks: number[] = []
  for (let r = 1; r <= Math.min(k, ranked.length); r++) {
    if (relevant.has(ranked[r - 1])) ranks.push(r)
  }
  return rankingMetricsOfHits(ranks, relevant.size, k)
}

/**
 * The same from the ranks (1-based, ascending) at which relevant items stand; ranks beyond K are
 * left out. `relevant` is the number of relevant items, whether ranked or not.
 */
export function rankingMetricsOfHits(
  ranks: ArrayLike<number>,
  relevant: number,
  k: number,
): RankingMetrics | null {
  if (relevant === 0) return null
  let dcg = 0
  let precisions = 0
  let hits = 0
  while (hits < ranks.length && ranks[hits] <= k) {
    const rank = ranks[hits++]
    dcg += rankDiscount(rank)
    precisions += hits / rank
  }
  return {
    ndcg: dcg / idealDcg(relevant, k),
    recall: hits / relevant,
    precision: hits / k,
    hit: hits > 0 ? 1 : 0,
    mrr: hits > 0 ? 1 / ranks[0] : 0,
    map: precisions / Math.min(k, relevant),
  }
}

/** DCG at K of the best order of `relevant` items of equal worth. */
export function idealDcg(relevant: number, k: number): number {
  let sum = 0
  for (let r = 1; r <= Math.min(k, relevant); r++) sum += rankDiscount(r)
  return sum
}

/**
 * NDCG at K for graded gains g in ranked order: gain 2^g - 1, ideal order = gains descending (Burges
 * et al., ICML 2005). Null (undefined) where every gain is 0.
 */
export function gradedNdcg(gainsInRankedOrder: ArrayLike<number>, k: number): number | null {
  const ideal = dcgOfGains(Float64Array.from(gainsInRankedOrder).sort().reverse(), k)
  return ideal === 0 ? null : dcgOfGains(gainsInRankedOrder, k) / ideal
}

function dcgOfGains(gains: ArrayLike<number>, k: number): number {
  let sum = 0
  for (let r = 1; r <= Math.min(k, gains.length); r++) {
    sum += (2 ** gains[r - 1] - 1) * rankDiscount(r)
  }
  return sum
}

/**
 * Share of the catalogue that stands in the top K of some list; null for an empty catalogue.
 */
export function coverage<T>(
  lists: Iterable<readonly T[]>,
  catalogueSize: number,
  k: number,
): number | null {
  if (catalogueSize === 0) return null
  const shown = new Set<T>()
  for (const list of lists) for (const item of list.slice(0, k)) shown.add(item)
  return shown.size / catalogueSize
}
