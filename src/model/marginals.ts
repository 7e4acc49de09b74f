// Sums over sets of items need 2^items numbers; sums over ordered prefixes items^slots steps.
const setItemLimit = 20
const prefixLimit = 2e7

/**
 * P(item i stands at slot s) under Plackett–Luce with the given temperature, exact:
 * `result[i * slots + s]`. It differs from the conditional probability (`plackettLuceList`) at every
 * slot but the first; it is what a log of single positions must hold. Throws RangeError with more
 * slots than items, and where neither way of summing is feasible: above 20 items with
 * items^slots > 2e7.
 */
export function plackettLuceMarginals(
  scores: ArrayLike<number>,
  temperature: number,
  slots: number,
): Float64Array {
  const n = scores.length
  if (slots > n) throw new RangeError(`${slots} slots for ${n} items`)
  if (n <= setItemLimit) return sumOverSets(scores, temperature, slots)
  if (n ** slots <= prefixLimit) return sumOverPrefixes(scores, temperature, slots)
  throw new RangeError(`exact marginals of ${n} items at ${slots} slots are out of reach`)
}

function sumOverSets(scores: ArrayLike<number>, temperature: number, slots: number): Float64Array {
  const n = scores.length
  const marginals = new Float64Array(n * slots)
  const left = new Uint8Array(n)
  const next = new Float64Array(n)
  // above[set] = probability that the items of `set`, in any order, were drawn first.
  const above = new Float64Array(2 ** n)
  above[0] = 1
  for (let set = 0; set < above.length; set++) {
    const slot = bitCount(set)
    if (slot >= slots || above[set] === 0) continue
    for (let i = 0; i < n; i++) left[i] = (set & (1 << i)) === 0 ? 1 : 0
    softmaxOfLeft(scores, temperature, left, next)
    for (let i = 0; i < n; i++) {
      if (left[i] === 0) continue
      marginals[i * slots + slot] += above[set] * next[i]
      above[set | (1 << i)] += above[set] * next[i]
    }
  }
  return marginals
}

function sumOverPrefixes(
  scores: ArrayLike<number>,
  temperature: number,
  slots: number,
): Float64Array {
  const n = scores.length
  const marginals = new Float64Array(n * slots)
  const left = new Uint8Array(n).fill(1)
  const nextOfSlot = Array.from({ length: slots }, () => new Float64Array(n))
  const descend = (slot: number, reached: number) => {
    const next = nextOfSlot[slot]
    softmaxOfLeft(scores, temperature, left, next)
    for (let i = 0; i < n; i++) {
      if (left[i] === 0) continue
      marginals[i * slots + slot] += reached * next[i]
      if (slot + 1 === slots) continue
      left[i] = 0
      descend(slot + 1, reached * next[i])
      left[i] = 1
    }
  }
  if (slots > 0) descend(0, 1)
  return marginals
}

function softmaxOfLeft(
  scores: ArrayLike<number>,
  temperature: number,
  left: Uint8Array,
  out: Float64Array,
): void {
  let best = Number.NEGATIVE_INFINITY
  for (let i = 0; i < out.length; i++) if (left[i] === 1) best = Math.max(best, scores[i])
  let sum = 0
  for (let i = 0; i < out.length; i++) {
    out[i] = left[i] === 1 ? Math.exp((scores[i] - best) / temperature) : 0
    sum += out[i]
  }
  for (let i = 0; i < out.length; i++) out[i] /= sum
}

function bitCount(set: number): number {
  let count = 0
  for (let rest = set; rest !== 0; rest &= rest - 1) count++
  return count
}
