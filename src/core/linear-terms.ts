import { EdgewheelError } from './errors.ts'
import { bindHashed, textOfNumber } from './linear-hash.ts'
import type { LinearTerm, NumberTransform } from './linear-model.ts'
import { categoriesAt, type FeatureMatrix } from './matrix.ts'
import type { Feature } from './stage.ts'

/** Receives one addend: the transform's input, the weight, and their product. */
export type Emit = (input: number | string, weight: number, contribution: number) => void

/** A term bound to columns of the matrix. */
export interface BoundTerm {
  /** The feature's name, or the names of a cross joined by `^`. */
  readonly feature: string
  /** Indices of the features it reads. */
  readonly columns: readonly number[]
  /** Set where the term is `weight × value` of one number column: the scorer adds eight of those a pass. */
  readonly plainWeight: number | undefined
  /** Adds its contributions to every row of `raw`, in order. */
  add(matrix: FeatureMatrix, raw: Float64Array): void
  /** Gives the same addends for one row, in the same order and with the same bits. */
  explain(matrix: FeatureMatrix, row: number, emit: Emit): void
}

function refuse(message: string): never {
  throw new EdgewheelError('model_rejected', message)
}

function columnOf(features: readonly Feature[], name: string): number {
  const index = features.findIndex((feature) => feature.name === name)
  return index < 0 ? refuse(`the chain has no feature '${name}'`) : index
}

/** Binds a term to a chain's features. Throws `model_rejected` where a feature, its kind or a number does not fit. */
export function bindTerm(term: LinearTerm, features: readonly Feature[]): BoundTerm {
  if ('features' in term)
    return bindHashed(
      term,
      term.features.map((name) => columnOf(features, name)),
    )
  const index = columnOf(features, term.feature)
  if ('weights' in term && !term.weights.every(Number.isFinite))
    refuse(`feature '${term.feature}': a weight is not finite`)
  if ('weights' in term && term.transform.kind === 'onehot')
    return onehotTerm(term.feature, index, term.transform.values, term.weights)
  if (features[index].kind !== 'number')
    refuse(
      `feature '${term.feature}' is a category; ${term.transform?.kind ?? 'a weight'} takes a number`,
    )
  if ('weight' in term) {
    if (!Number.isFinite(term.weight)) refuse(`feature '${term.feature}': the weight is not finite`)
    return numberTerm(term.feature, index, term.transform ?? { kind: 'identity' }, term.weight)
  }
  const { transform, weights } = term
  if (transform.kind !== 'bucketize' || weights.length !== transform.bounds.length + 1)
    refuse(`feature '${term.feature}': one weight a bucket, so one more than bounds`)
  return bucketTerm(term.feature, index, transform.bounds, weights)
}

/** What a number's transform makes of a value. */
function inputOf(transform: NumberTransform, value: number, status: number): number {
  switch (transform.kind) {
    case 'identity':
      return value
    case 'log1p':
      return Math.log1p(Math.max(value, 0))
    case 'standardize':
      return (value - transform.mean) / transform.std
    case 'missing':
      return status === 0 ? 0 : 1
  }
}

function numberTerm(
  feature: string,
  index: number,
  transform: NumberTransform,
  weight: number,
): BoundTerm {
  return {
    feature,
    columns: [index],
    plainWeight: transform.kind === 'identity' ? weight : undefined,
    add(matrix, raw) {
      addNumber(matrix, index * matrix.stride, transform, weight, raw)
    },
    explain({ values, status, stride }, row, emit) {
      const at = index * stride + row
      const input = inputOf(transform, values[at], status[at])
      emit(input, weight, weight * input)
    },
  }
}

/** Adds `weight × inputOf(…)` of every row; the two kinds that most models are made of have loops of their own. */
function addNumber(
  { values, status, rows }: FeatureMatrix,
  base: number,
  transform: NumberTransform,
  weight: number,
  raw: Float64Array,
): void {
  if (transform.kind === 'identity')
    for (let row = 0; row < rows; row++) raw[row] += weight * values[base + row]
  else if (transform.kind === 'standardize') {
    const { mean, std } = transform
    for (let row = 0; row < rows; row++) raw[row] += weight * ((values[base + row] - mean) / std)
  } else
    for (let row = 0; row < rows; row++)
      raw[row] += weight * inputOf(transform, values[base + row], status[base + row])
}

function bucketTerm(
  feature: string,
  index: number,
  bounds: readonly number[],
  weights: readonly number[],
): BoundTerm {
  /** How many bounds are at most `value`. */
  const bucketOf = (value: number): number => {
    let low = 0
    let high = bounds.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (bounds[middle] <= value) low = middle + 1
      else high = middle
    }
    return low
  }
  return {
    feature,
    columns: [index],
    plainWeight: undefined,
    add({ values, stride, rows }, raw) {
      const base = index * stride
      for (let row = 0; row < rows; row++) raw[row] += weights[bucketOf(values[base + row])]
    },
    explain({ values, stride }, row, emit) {
      const weight = weights[bucketOf(values[index * stride + row])]
      emit(1, weight, weight)
    },
  }
}

function onehotTerm(
  feature: string,
  index: number,
  listed: readonly string[],
  weights: readonly number[],
): BoundTerm {
  if (listed.length !== weights.length) refuse(`feature '${feature}': one weight a value`)
  const weightOf = new Map(listed.map((value, i) => [value, weights[i]]))
  // One lookup a dictionary, not one a row: pages share their dictionaries between decisions.
  const known = new WeakMap<readonly string[], Float64Array>()
  const weightsOf = (dictionary: readonly string[]): Float64Array => {
    let byCode = known.get(dictionary)
    if (!byCode) {
      byCode = new Float64Array(dictionary.length)
      for (let code = 0; code < dictionary.length; code++)
        byCode[code] = weightOf.get(dictionary[code]) ?? 0
      known.set(dictionary, byCode)
    }
    return byCode
  }
  return {
    feature,
    columns: [index],
    plainWeight: undefined,
    add({ values, stride, rows, categories }, raw) {
      const column = categories[index]
      if (column === null) {
        for (let row = 0; row < rows; row++)
          raw[row] += weightOf.get(textOfNumber(values[index * stride + row])) ?? 0
        return
      }
      const { offsets, codes, dictionary } = column
      const byCode = weightsOf(dictionary)
      for (let row = 0; row < rows; row++)
        for (let i = offsets[row]; i < offsets[row + 1]; i++) raw[row] += byCode[codes[i]]
    },
    explain({ values, stride, categories }, row, emit) {
      const column = categories[index]
      const texts = column
        ? categoriesAt(column, row)
        : [textOfNumber(values[index * stride + row])]
      for (const text of texts) {
        const weight = weightOf.get(text)
        if (weight !== undefined) emit(text, weight, weight)
      }
    },
  }
}
