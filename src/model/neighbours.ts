import { type Incidence, transpose } from './incidence.ts'
import { topK } from './top-k.ts'

/**
 * Per item its most similar items, best first: item i has the neighbours
 * `indices[offsets[i] .. offsets[i + 1])` with `scores` beside them, all > 0.
 */
export interface Neighbours {
  readonly offsets: Int32Array
  readonly indices: Int32Array
  readonly scores: Float64Array
}

/** How many neighbours are kept per item, and the constant that holds rare pairs down. */
export interface NeighbourOptions {
  readonly k: number
  readonly shrink: number
}

/**
 * Item-to-item neighbours of a users × items matrix by shrunk cosine:
 * co(i,j) / (sqrt(n_i n_j) + shrink), co = users with both, n = users with the item; ties go to
 * the smaller index. (Sarwar et al., "Item-based collaborative filtering", WWW 2001; shrinkage as
 * in Bell and Koren, ICDM 2007.) Costs the sum over users of their squared history lengths.
 */
export function cosineNeighbours(matrix: Incidence, options: NeighbourOptions): Neighbours {
  const byItem = transpose(matrix)
  const items = matrix.columns
  const selection = topK(options.k)
  const together = new Int32Array(items)
  const touched = new Int32Array(items)
  const offsets = new Int32Array(items + 1)
  let indices = new Int32Array(Math.min(items * options.k, 1 << 16))
  let scores = new Float64Array(indices.length)

  for (let item = 0; item < items; item++) {
    const count = countTogether(item, matrix, byItem, together, touched)
    const itemUsers = byItem.offsets[item + 1] - byItem.offsets[item]
    for (let n = 0; n < count; n++) {
      const other = touched[n]
      const otherUsers = byItem.offsets[other + 1] - byItem.offsets[other]
      const score = together[other] / (Math.sqrt(itemUsers * otherUsers) + options.shrink)
      together[other] = 0
      selection.offer(other, score)
    }
    const at = offsets[item]
    if (at + options.k > indices.length) {
      const length = Math.max(2 * indices.length, at + options.k)
      indices = extended(indices, new Int32Array(length))
      scores = extended(scores, new Float64Array(length))
    }
    offsets[item + 1] = at + selection.drain(indices, scores, at)
  }
  return {
    offsets,
    indices: indices.slice(0, offsets[items]),
    scores: scores.slice(0, offsets[items]),
  }
}

/**
 * Scores of every item for one history: the sum, over the item's neighbours that are in the
 * history, of their similarity. `history` holds item indices without repetition; `out` (length =
 * items) is overwritten and returned.
 */
export function neighbourScores(
  neighbours: Neighbours,
  history: ArrayLike<number>,
  out: Float64Array = new Float64Array(neighbours.offsets.length - 1),
): Float64Array {
  const { offsets, indices, scores } = neighbours
  const inHistory = new Uint8Array(out.length)
  for (let n = 0; n < history.length; n++) inHistory[history[n]] = 1
  for (let item = 0; item < out.length; item++) {
    let sum = 0
    for (let at = offsets[item]; at < offsets[item + 1]; at++) {
      if (inHistory[indices[at]] === 1) sum += scores[at]
    }
    out[item] = sum
  }
  return out
}

function countTogether(
  item: number,
  byUser: Incidence,
  byItem: Incidence,
  together: Int32Array,
  touched: Int32Array,
): number {
  let count = 0
  for (let at = byItem.offsets[item]; at < byItem.offsets[item + 1]; at++) {
    const user = byItem.indices[at]
    for (let other = byUser.offsets[user]; other < byUser.offsets[user + 1]; other++) {
      const j = byUser.indices[other]
      if (j === item) continue
      if (together[j]++ === 0) touched[count++] = j
    }
  }
  return count
}

function extended<T extends Int32Array | Float64Array>(from: T, to: T): T {
  to.set(from)
  return to
}
