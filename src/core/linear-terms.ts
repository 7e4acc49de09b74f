import { EdgewheelError } from './errors.ts'
import type { LinearTerm } from './linear-model.ts'
import type { FeatureMatrix } from './matrix.ts'
import { murmur3 } from './murmur3.ts'
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

type Transform = (value: number, status: number) => number

const NUMBER_INPUT = {
  identity: (): Transform => (value) => value,
  log1p: (): Transform => (value) => Math.log1p(value > 0 ? value : 0),
  missing: (): Transform => (_, status) => (status === 0 ? 0 : 1),
}

function columnOf(features: readonly Feature[], name: string): number {
  const index = features.findIndex((feature) => feature.name === name)
  if (index < 0) throw new EdgewheelError('model_rejected', `the chain has no feature '${name}'`)
  return index
}

/** Binds a term to a chain's features. Throws `model_rejected` where a feature or its kind does not fit. */
export function bindTerm(term: LinearTerm, features: readonly Feature[]): BoundTerm {
  if ('features' in term) return hashTerm(term, features)
  const index = columnOf(features, term.feature)
  const kind = features[index].kind
  const transform = term.transform ?? { kind: 'identity' as const }
  if ('weights' in term && transform.kind === 'onehot')
    return categoryTerm(
      term.feature,
      index,
      kind,
      new Map(transform.values.map((value, i) => [value, term.weights[i]])),
    )
  if (kind !== 'number')
    throw new EdgewheelError(
      'model_rejected',
      `feature '${term.feature}' is a category; ${transform.kind} takes a number`,
    )
  if ('weights' in term && transform.kind === 'bucketize')
    return bucketTerm(term.feature, index, transform.bounds, term.weights)
  if (!('weight' in term))
    throw new EdgewheelError('model_rejected', `feature '${term.feature}': no weight`)
  const input: Transform =
    transform.kind === 'standardize'
      ? (value) => (value - transform.mean) / transform.std
      : NUMBER_INPUT[transform.kind as keyof typeof NUMBER_INPUT]()
  return numberTerm(term.feature, index, input, term.weight, transform.kind === 'identity')
}

function numberTerm(
  feature: string,
  index: number,
  input: Transform,
  weight: number,
  plain: boolean,
): BoundTerm {
  return {
    feature,
    columns: [index],
    plainWeight: plain ? weight : undefined,
    add({ values, status, stride, rows }, raw) {
      const base = index * stride
      for (let row = 0; row < rows; row++)
        raw[row] += weight * input(values[base + row], status[base + row])
    },
    explain({ values, status, stride }, row, emit) {
      const x = input(values[index * stride + row], status[index * stride + row])
      emit(x, weight, weight * x)
    },
  }
}

function bucketTerm(
  feature: string,
  index: number,
  bounds: readonly number[],
  weights: readonly number[],
): BoundTerm {
  const bucketOf = (value: number): number => {
    let bucket = 0
    while (bucket < bounds.length && bounds[bucket] <= value) bucket++
    return bucket
  }
  return {
    feature,
    columns: [index],
    plainWeight: undefined,
    add({ values, stride, rows }, raw) {
      for (let row = 0; row < rows; row++)
        raw[row] += weights[bucketOf(values[index * stride + row])]
    },
    explain({ values, stride }, row, emit) {
      const weight = weights[bucketOf(values[index * stride + row])]
      emit(1, weight, weight)
    },
  }
}

/** The text of a number in a hash key or a one-hot value: its shortest decimal as a double. */
function textOfNumber(value: number): string {
  return String(value)
}

function categoryTerm(
  feature: string,
  index: number,
  kind: string,
  weightOf: ReadonlyMap<string, number>,
): BoundTerm {
  // One lookup a dictionary, not one a row: pages share their dictionaries between decisions.
  const known = new WeakMap<readonly string[], Float64Array>()
  const weightsOf = (dictionary: readonly string[]): Float64Array => {
    let weights = known.get(dictionary)
    if (!weights) {
      weights = Float64Array.from(dictionary, (value) => weightOf.get(value) ?? 0)
      known.set(dictionary, weights)
    }
    return weights
  }
  const each = (matrix: FeatureMatrix, row: number, emit: Emit): void => {
    const column = matrix.categories[index]
    if (column === null) {
      const text = textOfNumber(matrix.values[index * matrix.stride + row])
      const weight = weightOf.get(text)
      if (weight !== undefined) emit(text, weight, weight)
      return
    }
    for (let i = column.offsets[row]; i < column.offsets[row + 1]; i++) {
      const value = column.dictionary[column.codes[i]]
      const weight = weightOf.get(value)
      if (weight !== undefined) emit(value, weight, weight)
    }
  }
  return {
    feature,
    columns: [index],
    plainWeight: undefined,
    add(matrix, raw) {
      const column = matrix.categories[index]
      if (kind === 'number' || column === null) {
        for (let row = 0; row < matrix.rows; row++)
          each(matrix, row, (_, __, contribution) => {
            raw[row] += contribution
          })
        return
      }
      const weights = weightsOf(column.dictionary)
      for (let row = 0; row < matrix.rows; row++)
        for (let i = column.offsets[row]; i < column.offsets[row + 1]; i++)
          raw[row] += weights[column.codes[i]]
    },
    explain: each,
  }
}

function hashTerm(
  term: Extract<LinearTerm, { features: readonly string[] }>,
  features: readonly Feature[],
): BoundTerm {
  const columns = term.features.map((name) => columnOf(features, name))
  const { seed, buckets } = term.transform
  const weightAt = new Map(term.indices.map((index, i) => [index, term.weights[i]]))
  const each = (matrix: FeatureMatrix, row: number, emit: Emit): void => {
    const walk = (position: number, prefix: string): void => {
      if (position === columns.length) {
        const weight = weightAt.get(murmur3(prefix, seed) % buckets)
        if (weight !== undefined) emit(prefix, weight, weight)
        return
      }
      const joint = position === 0 ? '' : `${prefix}^`
      const column = matrix.categories[columns[position]]
      const name = term.features[position]
      if (column === null) {
        const value = matrix.values[columns[position] * matrix.stride + row]
        walk(position + 1, `${joint}${name}=${textOfNumber(value)}`)
        return
      }
      for (let i = column.offsets[row]; i < column.offsets[row + 1]; i++)
        walk(position + 1, `${joint}${name}=${column.dictionary[column.codes[i]]}`)
    }
    walk(0, '')
  }
  return {
    feature: term.features.join('^'),
    columns,
    plainWeight: undefined,
    add(matrix, raw) {
      for (let row = 0; row < matrix.rows; row++)
        each(matrix, row, (_, __, contribution) => {
          raw[row] += contribution
        })
    },
    explain: each,
  }
}
