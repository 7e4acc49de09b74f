import { inverse } from './cholesky.ts'
import { type Incidence, transpose } from './incidence.ts'

/** EASE, ready to score histories. */
export interface Ease {
  /**
   * Scores of every item for one history (item indices without repetition): h B, which for a
   * single item is its row of B. `out` (length = items) is overwritten and returned.
   */
  scores(history: ArrayLike<number>, out?: Float64Array): Float64Array
}

/**
 * EASE (Steck, "Embarrassingly shallow autoencoders for sparse data", WWW 2019) on a users × items
 * matrix X: P = (X'X + lambda I)^-1, B_ij = -P_ij / P_jj off the diagonal, 0 on it.
 *
 * P is never formed. By the Woodbury identity P = (I - X' M X) / lambda with
 * M = (X X' + lambda I)^-1, so the cost is that of one inverse of users × users, and a history
 * costs users^2 + the non-zeros of X. Throws RangeError unless lambda > 0.
 */
export function ease(matrix: Incidence, lambda: number): Ease {
  if (!(lambda > 0)) throw new RangeError(`lambda must be positive, not ${lambda}`)
  const users = matrix.rows
  const items = matrix.columns
  const byItem = transpose(matrix)
  const m = inverse(gram(matrix, byItem, lambda), users)
  if (m === null) throw new RangeError(`lambda ${lambda} is too small for this matrix`)

  // lambda P_jj = 1 - x_j' M x_j
  const diagonal = new Float64Array(items)
  for (let item = 0; item < items; item++) {
    const from = byItem.offsets[item]
    const to = byItem.offsets[item + 1]
    let sum = 0
    for (let a = from; a < to; a++) {
      const row = byItem.indices[a] * users
      for (let b = from; b < to; b++) sum += m[row + byItem.indices[b]]
    }
    diagonal[item] = 1 - sum
  }

  return {
    scores(history, out = new Float64Array(items)) {
      const inHistory = new Uint8Array(items)
      const xh = new Float64Array(users)
      for (let n = 0; n < history.length; n++) {
        const item = history[n]
        inHistory[item] = 1
        for (let a = byItem.offsets[item]; a < byItem.offsets[item + 1]; a++) {
          xh[byItem.indices[a]]++
        }
      }
      const v = symmetricTimes(m, users, xh)
      for (let item = 0; item < items; item++) {
        let projected = 0
        for (let a = byItem.offsets[item]; a < byItem.offsets[item + 1]; a++) {
          projected += v[byItem.indices[a]]
        }
        const h = inHistory[item]
        out[item] = h - (h - projected) / diagonal[item]
      }
      return out
    },
  }
}

// X X' + lambda I: how many items each pair of users shares.
function gram(matrix: Incidence, byItem: Incidence, lambda: number): Float64Array {
  const users = matrix.rows
  const shared = new Float64Array(users * users)
  for (let user = 0; user < users; user++) {
    const row = user * users
    for (let at = matrix.offsets[user]; at < matrix.offsets[user + 1]; at++) {
      const item = matrix.indices[at]
      for (let a = byItem.offsets[item]; a < byItem.offsets[item + 1]; a++) {
        shared[row + byItem.indices[a]]++
      }
    }
    shared[row + user] += lambda
  }
  return shared
}

function symmetricTimes(m: Float64Array, n: number, x: Float64Array): Float64Array {
  const out = new Float64Array(n)
  for (let i = 0; i < n; i++) {
    const scale = x[i]
    if (scale === 0) continue
    const row = i * n
    for (let j = 0; j < n; j++) out[j] += scale * m[row + j]
  }
  return out
}
