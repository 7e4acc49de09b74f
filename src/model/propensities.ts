/**
 * Probability of every item under epsilon-greedy with one slot: epsilon / n each, and 1 - epsilon
 * more for the best score (ties: the lowest index). Empty for no items.
 */
export function epsilonGreedy(scores: ArrayLike<number>, epsilon: number): Float64Array {
  const n = scores.length
  const probabilities = new Float64Array(n).fill(epsilon / n)
  if (n === 0) return probabilities
  let best = 0
  for (let i = 1; i < n; i++) if (scores[i] > scores[best]) best = i
  probabilities[best] += 1 - epsilon
  return probabilities
}

/**
 * Plackett–Luce (Luce 1959; Plackett 1975): slots are drawn one after another without replacement,
 * P(i) proportional to exp(score_i / temperature) among the items left. Gives the conditional
 * probability of each item of `list` (indices, first slot first) at its slot; their product is the
 * probability of the list. Costs items × slots, and stays exact where the items left are far worse
 * than those drawn.
 */
export function plackettLuceList(
  scores: ArrayLike<number>,
  temperature: number,
  list: ArrayLike<number>,
): Float64Array {
  const left = new Uint8Array(scores.length).fill(1)
  const probabilities = new Float64Array(list.length)
  for (let slot = 0; slot < list.length; slot++) {
    let best = Number.NEGATIVE_INFINITY
    for (let i = 0; i < scores.length; i++) if (left[i] === 1 && scores[i] > best) best = scores[i]
    let sum = 0
    for (let i = 0; i < scores.length; i++) {
      if (left[i] === 1) sum += Math.exp((scores[i] - best) / temperature)
    }
    probabilities[slot] = Math.exp((scores[list[slot]] - best) / temperature) / sum
    left[list[slot]] = 0
  }
  return probabilities
}

/** The most items for which exact marginals are computed: they run over all subsets. */
export const marginalItemLimit = 20

/**
 * P(item i stands at slot s) under Plackett–Luce, exact: `result[i * slots + s]`. It differs from
 * the conditional probability at every slot but the first. Sums over the sets that may stand above a
 * slot, so it takes 2^items steps; throws RangeError above 20 items or with more slots than items.
 */
export function plackettLuceMarginals(
  scores: ArrayLike<number>,
  temperature: number,
  slots: number,
): Float64Array {
  const n = scores.length
  if (n > marginalItemLimit) throw new RangeError(`${n} items; at most ${marginalItemLimit}`)
  if (slots > n) throw new RangeError(`${slots} slots for ${n} items`)
  const marginals = new Float64Array(n * slots)
  // above[set] = probability that the items of `set`, in any order, were drawn first.
  const above = new Float64Array(2 ** n)
  above[0] = 1
  for (let set = 0; set < above.length; set++) {
    const slot = bitCount(set)
    if (slot >= slots || above[set] === 0) continue
    let best = Number.NEGATIVE_INFINITY
    for (let i = 0; i < n; i++) if ((set & (1 << i)) === 0) best = Math.max(best, scores[i])
    let sum = 0
    for (let i = 0; i < n; i++) {
      if ((set & (1 << i)) === 0) sum += Math.exp((scores[i] - best) / temperature)
    }
    for (let i = 0; i < n; i++) {
      if ((set & (1 << i)) !== 0) continue
      const p = (above[set] * Math.exp((scores[i] - best) / temperature)) / sum
      marginals[i * slots + slot] += p
      above[set | (1 << i)] += p
    }
  }
  return marginals
}

function bitCount(set: number): number {
  let count = 0
  for (let rest = set; rest !== 0; rest &= rest - 1) count++
  return count
}
