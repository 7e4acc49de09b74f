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
