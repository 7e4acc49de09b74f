import { rankDiscount } from './ranking-metrics.ts'

/** True relevance of every item for every user, in [0, 1]: `rel[user * items + item]`. */
export interface Relevance {
  readonly users: number
  readonly items: number
  readonly rel: Float64Array
}

/** How many slots are shown, and how many of the items are candidates of a request. */
export interface RequestShape {
  readonly slots: number
  /** A uniformly random subset of this size; all items where it is their number. */
  readonly candidates: number
}

/** Clicks of a policy in a position-based click model (Craswell et al., WSDM 2008). */
export interface ExpectedClicks {
  /** Clicks per impression: mean over the positions. */
  readonly ctr: number
  readonly ctrByPosition: Float64Array
  readonly clicksPerRequest: number
  /** Standard deviation of the clicks of one request; null unless all items are candidates. */
  readonly sdClicksPerRequest: number | null
}

/** Probability that position k = 1, 2, … is looked at: 1 / log2(1 + k). */
export const examination = rankDiscount

/** The relevance of every item averaged over users. */
export function meanRelevance({ users, items, rel }: Relevance): Float64Array {
  const mean = new Float64Array(items)
  for (let user = 0; user < users; user++) {
    for (let item = 0; item < items; item++) mean[item] += rel[user * items + item]
  }
  return mean.map((sum) => sum / users)
}

/** Item indices by descending score, ties by the lower index. */
export function orderByScore(scores: Float64Array): Int32Array {
  return Int32Array.from(scores.keys()).sort((a, b) => scores[b] - scores[a] || a - b)
}

/**
 * Exact expectation for policies that order the candidates of a user by a fixed order of the whole
 * catalogue and show the first of them. `orderOf(user)` gives that order, best first. Users are
 * drawn uniformly, clicks are independent with probability examination × relevance.
 */
export function expectedClicks(
  relevance: Relevance,
  shape: RequestShape,
  orderOf: (user: number) => Int32Array,
): ExpectedClicks {
  const { users, items, rel } = relevance
  const { slots, candidates } = shape
  const whole = candidates === items
  const standing = whole ? null : standingProbabilities(items, candidates, slots)
  const ctrByPosition = new Float64Array(slots)
  let sumOfSquaredMeans = 0
  let sumOfVariances = 0
  for (let user = 0; user < users; user++) {
    const order = orderOf(user)
    let mean = 0
    for (let slot = 0; slot < slots; slot++) {
      let shown = 0
      if (standing === null) {
        shown = rel[user * items + order[slot]]
      } else {
        for (let rank = slot; rank < items; rank++) {
          shown += standing[slot * items + rank] * rel[user * items + order[rank]]
        }
      }
      const click = examination(slot + 1) * shown
      ctrByPosition[slot] += click / users
      mean += click
      sumOfVariances += click * (1 - click)
    }
    sumOfSquaredMeans += mean * mean
  }
  return summary(ctrByPosition, whole ? (sumOfVariances + sumOfSquaredMeans) / users : null)
}

/** The same for a uniformly random order of the candidates, whatever their number. */
export function expectedClicksOfRandom({ rel }: Relevance, slots: number): ExpectedClicks {
  const mean = rel.reduce((sum, value) => sum + value, 0) / rel.length
  const ctrByPosition = Float64Array.from({ length: slots }, (_, s) => mean * examination(s + 1))
  return summary(ctrByPosition, null)
}

/**
 * P(the item of global rank g stands at position k) when `candidates` of `items` are drawn:
 * binom(g-1, k-1) binom(M-g, C-k) / binom(M, C), at `result[(k - 1) * items + g - 1]`.
 */
export function standingProbabilities(
  items: number,
  candidates: number,
  slots: number,
): Float64Array {
  const logFactorial = new Float64Array(items + 1)
  for (let n = 1; n <= items; n++) logFactorial[n] = logFactorial[n - 1] + Math.log(n)
  const logBinomial = (n: number, k: number) =>
    logFactorial[n] - logFactorial[k] - logFactorial[n - k]
  const result = new Float64Array(slots * items)
  for (let k = 1; k <= Math.min(slots, candidates); k++) {
    for (let g = k; items - g >= candidates - k; g++) {
      result[(k - 1) * items + g - 1] = Math.exp(
        logBinomial(g - 1, k - 1) +
          logBinomial(items - g, candidates - k) -
          logBinomial(items, candidates),
      )
    }
  }
  return result
}

function summary(ctrByPosition: Float64Array, secondMoment: number | null): ExpectedClicks {
  const clicksPerRequest = ctrByPosition.reduce((sum, ctr) => sum + ctr, 0)
  return {
    ctr: clicksPerRequest / ctrByPosition.length,
    ctrByPosition,
    clicksPerRequest,
    sdClicksPerRequest:
      secondMoment === null ? null : Math.sqrt(secondMoment - clicksPerRequest ** 2),
  }
}
