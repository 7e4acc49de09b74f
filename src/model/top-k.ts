/**
 * A bounded selection of the k best (score, index) pairs. Best is the larger score, then the
 * smaller index, so the result does not depend on the order of arrival. Scores must not be NaN.
 */
export interface TopK {
  /** Takes part in the selection; O(log k). */
  offer(index: number, score: number): void
  /**
   * Writes the selection, best first, at `at` of both arrays, empties it and returns its length.
   */
  drain(indices: Int32Array, scores: Float64Array, at: number): number
}

/** A reusable selection of at most k pairs; throws RangeError unless k is a positive integer. */
export function topK(k: number): TopK {
  if (!Number.isInteger(k) || k < 1) throw new RangeError(`k must be a positive integer, not ${k}`)
  // A heap with the worst of the kept pairs at its root.
  const index = new Int32Array(k)
  const score = new Float64Array(k)
  let size = 0

  const worse = (a: number, b: number) =>
    score[a] < score[b] || (score[a] === score[b] && index[a] > index[b])
  const swap = (a: number, b: number) => {
    const i = index[a]
    const s = score[a]
    index[a] = index[b]
    score[a] = score[b]
    index[b] = i
    score[b] = s
  }
  const siftUp = (from: number) => {
    let at = from
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!worse(at, parent)) return
      swap(at, parent)
      at = parent
    }
  }
  const siftDown = () => {
    let at = 0
    for (;;) {
      const left = 2 * at + 1
      if (left >= size) return
      const child = left + 1 < size && worse(left + 1, left) ? left + 1 : left
      if (!worse(child, at)) return
      swap(child, at)
      at = child
    }
  }

  return {
    offer(i, s) {
      if (size < k) {
        index[size] = i
        score[size] = s
        siftUp(size++)
      } else if (s > score[0] || (s === score[0] && i < index[0])) {
        index[0] = i
        score[0] = s
        siftDown()
      }
    },
    drain(indices, scores, at) {
      const length = size
      while (size > 0) {
        size--
        indices[at + size] = index[0]
        scores[at + size] = score[0]
        index[0] = index[size]
        score[0] = score[size]
        siftDown()
      }
      return length
    },
  }
}
