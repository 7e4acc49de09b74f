import { sigmoid } from '../core/linear-model.ts'

/** Learning rate (alpha, beta) and regularisation (l1, l2) of FTRL-Proximal. */
export interface FtrlOptions {
  readonly alpha: number
  readonly beta: number
  readonly l1: number
  readonly l2: number
}

/** What an FTRL learner remembers; both arrays have one entry per coordinate. */
export interface FtrlState {
  readonly z: Float64Array
  readonly n: Float64Array
}

/**
 * An online logistic regression. Examples are sparse: `indices` beside `values` (all 1 where null),
 * of which the first `length` count; values of repeated indices are added up first.
 */
export interface Ftrl {
  readonly state: FtrlState
  /** The weight of one coordinate as of now. */
  weight(index: number): number
  /** P(label = 1). */
  predict(indices: ArrayLike<number>, values: ArrayLike<number> | null, length?: number): number
  /**
   * Learns one example and returns the prediction made before. `importance` scales its gradient.
   */
  learn(
    indices: ArrayLike<number>,
    values: ArrayLike<number> | null,
    label: number,
    length?: number,
    importance?: number,
  ): number
}

/**
 * FTRL-Proximal (McMahan et al., "Ad click prediction: a view from the trenches", KDD 2013,
 * algorithm 1) over coordinates 0 .. size - 1. No coordinate is exempt from regularisation; a
 * constant is a coordinate like any other. `state` is continued in place; default: all zero.
 */
export function ftrl(
  size: number,
  { alpha, beta, l1, l2 }: FtrlOptions,
  state: FtrlState = { z: new Float64Array(size), n: new Float64Array(size) },
): Ftrl {
  const { z, n } = state
  // The example at hand, repeated indices merged: place[i] is valid where seenIn[i] is this example.
  const seenIn = new Uint32Array(size)
  const place = new Int32Array(size)
  let example = 0
  let index = new Int32Array(64)
  let value = new Float64Array(64)
  let weights = new Float64Array(64)

  const weight = (i: number): number => {
    const zi = z[i]
    if (Math.abs(zi) <= l1) return 0
    return -(zi - Math.sign(zi) * l1) / ((beta + Math.sqrt(n[i])) / alpha + l2)
  }

  const merge = (indices: ArrayLike<number>, values: ArrayLike<number> | null, length: number) => {
    if (length > index.length) {
      index = new Int32Array(2 * length)
      value = new Float64Array(2 * length)
      weights = new Float64Array(2 * length)
    }
    if (example === 0xffffffff) {
      seenIn.fill(0)
      example = 0
    }
    example++
    let distinct = 0
    for (let at = 0; at < length; at++) {
      const i = indices[at]
      const x = values === null ? 1 : values[at]
      if (seenIn[i] === example) {
        value[place[i]] += x
      } else {
        seenIn[i] = example
        place[i] = distinct
        index[distinct] = i
        value[distinct++] = x
      }
    }
    return distinct
  }

  const predictMerged = (distinct: number): number => {
    let margin = 0
    for (let at = 0; at < distinct; at++) {
      weights[at] = weight(index[at])
      margin += weights[at] * value[at]
    }
    return sigmoid(margin)
  }

  return {
    state,
    weight,
    predict(indices, values, length = indices.length) {
      return predictMerged(merge(indices, values, length))
    },
    learn(indices, values, label, length = indices.length, importance = 1) {
      const distinct = merge(indices, values, length)
      const p = predictMerged(distinct)
      const residual = (p - label) * importance
      for (let at = 0; at < distinct; at++) {
        const i = index[at]
        const g = residual * value[at]
        const sigma = (Math.sqrt(n[i] + g * g) - Math.sqrt(n[i])) / alpha
        z[i] += g - sigma * weights[at]
        n[i] += g * g
      }
      return p
    },
  }
}
