import { decimalOf } from './float32.ts'
import type { LinearTerm } from './linear-model.ts'
import type { BoundTerm, Emit } from './linear-terms.ts'
import type { CategoryColumn, FeatureMatrix } from './matrix.ts'
import { murmur3, murmur3Bytes } from './murmur3.ts'

type HashedTerm = Extract<LinearTerm, { features: readonly string[] }>

/** The text of a number in a hash key or a one-hot value: the shortest decimal of its float32. */
export function textOfNumber(value: number): string {
  return String(decimalOf(value))
}

/** Binds a hashed term to the columns of its features. */
export function bindHashed(term: HashedTerm, columns: readonly number[]): BoundTerm {
  const table = new WeightTable(term)
  const single = columns.length === 1 ? new CodeWeights(term, table) : null
  return {
    feature: term.features.join('^'),
    columns,
    plainWeight: undefined,
    add(matrix, raw) {
      const column = matrix.categories[columns[0]]
      if (single && column) single.add(column, raw, matrix.rows)
      else new Cross(term, columns, table, matrix).add(raw)
    },
    explain(matrix, row, emit) {
      explainFrom(term, columns, table, matrix, row, 0, '', emit)
    },
  }
}

/** The same addends as the fast ways give, in the same order, with the text of each key. */
function explainFrom(
  term: HashedTerm,
  columns: readonly number[],
  table: WeightTable,
  matrix: FeatureMatrix,
  row: number,
  position: number,
  prefix: string,
  emit: Emit,
): void {
  if (position === columns.length) {
    const weight = table.at(murmur3(prefix, term.transform.seed))
    if (weight !== undefined) emit(prefix, weight, weight)
    return
  }
  const column = matrix.categories[columns[position]]
  const start = `${position === 0 ? '' : `${prefix}^`}${term.features[position]}=`
  const next = (value: string): void =>
    explainFrom(term, columns, table, matrix, row, position + 1, start + value, emit)
  if (column === null) next(textOfNumber(matrix.values[columns[position] * matrix.stride + row]))
  else
    for (let i = column.offsets[row]; i < column.offsets[row + 1]; i++)
      next(column.dictionary[column.codes[i]])
}

/** Weights by bucket: open addressing with linear probing, at most half full. */
class WeightTable {
  readonly #buckets: number
  readonly #mask: number
  readonly #indices: Int32Array
  readonly #weights: Float64Array

  constructor({ transform, indices, weights }: HashedTerm) {
    const capacity = 1 << Math.max(1, Math.ceil(Math.log2(2 * indices.length + 1)))
    this.#buckets = transform.buckets
    this.#mask = capacity - 1
    this.#indices = new Int32Array(capacity).fill(-1)
    this.#weights = new Float64Array(capacity)
    for (let i = 0; i < indices.length; i++) {
      const slot = this.#slotOf(indices[i])
      this.#indices[slot] = indices[i]
      this.#weights[slot] = weights[i]
    }
  }

  /** The weight of a hash's bucket; undefined where the artifact lists none. */
  at(hash: number): number | undefined {
    const slot = this.#slotOf(hash % this.#buckets)
    return this.#indices[slot] < 0 ? undefined : this.#weights[slot]
  }

  #slotOf(index: number): number {
    let slot = Math.imul(index, 0x9e3779b1) & this.#mask
    while (this.#indices[slot] >= 0 && this.#indices[slot] !== index) slot = (slot + 1) & this.#mask
    return slot
  }
}

/** Weights of one feature's values by code, looked up once a dictionary: pages share theirs between decisions. */
class CodeWeights {
  readonly #term: HashedTerm
  readonly #table: WeightTable
  /** NaN: not looked up yet. */
  readonly #known = new WeakMap<readonly string[], Float64Array>()

  constructor(term: HashedTerm, table: WeightTable) {
    this.#term = term
    this.#table = table
  }

  add({ offsets, codes, dictionary }: CategoryColumn, raw: Float64Array, rows: number): void {
    let weights = this.#known.get(dictionary)
    if (!weights) {
      weights = new Float64Array(dictionary.length).fill(Number.NaN)
      this.#known.set(dictionary, weights)
    }
    for (let row = 0; row < rows; row++)
      for (let i = offsets[row]; i < offsets[row + 1]; i++) {
        const code = codes[i]
        let weight = weights[code]
        if (Number.isNaN(weight)) {
          const { features, transform } = this.#term
          const key = `${features[0]}=${dictionary[code]}`
          weight = this.#table.at(murmur3(key, transform.seed)) ?? 0
          weights[code] = weight
        }
        raw[row] += weight
      }
  }
}

const encoder = new TextEncoder()

/** Keys are written into one buffer, value by value, so that no text is made of them. Scoring is synchronous. */
let buffer = new Uint8Array(256)

function writeText(text: string, at: number): number {
  if (at + text.length * 3 > buffer.length) {
    const larger = new Uint8Array(2 * (at + text.length * 3))
    larger.set(buffer)
    buffer = larger
  }
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code > 0x7f) return at + encoder.encodeInto(text, buffer.subarray(at)).written
    buffer[at + i] = code
  }
  return at + text.length
}

/** One pass of a cross over the rows of a matrix. */
class Cross {
  readonly #term: HashedTerm
  readonly #columns: readonly number[]
  readonly #table: WeightTable
  readonly #matrix: FeatureMatrix
  readonly #starts: readonly string[]
  /** Weights by joint code where there are few: rows share their genres and the user. NaN: not looked up. */
  readonly #joint: Float64Array | null
  /** How many leading values stand in the buffer already, and which: rows share the user. */
  #written = 0
  readonly #codes: number[] = []
  readonly #ends: number[] = []
  #sum = 0
  #row = 0

  constructor(
    term: HashedTerm,
    columns: readonly number[],
    table: WeightTable,
    matrix: FeatureMatrix,
  ) {
    this.#term = term
    this.#columns = columns
    this.#table = table
    this.#matrix = matrix
    this.#starts = term.features.map((name, i) => `${i === 0 ? '' : '^'}${name}=`)
    const size = columns.reduce(
      (product, index) =>
        product * (matrix.categories[index]?.dictionary.length ?? Number.POSITIVE_INFINITY),
      1,
    )
    this.#joint = size <= 4 * matrix.rows ? new Float64Array(size).fill(Number.NaN) : null
  }

  add(raw: Float64Array): void {
    for (let row = 0; row < this.#matrix.rows; row++) {
      this.#row = row
      this.#sum = raw[row]
      if (this.#joint) this.#addJoint(this.#joint, 0, 0)
      else this.#addHashed(0, 0)
      raw[row] = this.#sum
    }
  }

  #addJoint(joint: Float64Array, position: number, code: number): void {
    if (position === this.#columns.length) {
      if (Number.isNaN(joint[code])) joint[code] = this.#weightOf(code)
      this.#sum += joint[code]
      return
    }
    const { offsets, codes, dictionary } = this.#category(position)
    for (let i = offsets[this.#row]; i < offsets[this.#row + 1]; i++)
      this.#addJoint(joint, position + 1, code * dictionary.length + codes[i])
  }

  /** The weight of a joint code: mixed radix, the last feature's code lowest. */
  #weightOf(joint: number): number {
    let key = ''
    let rest = joint
    for (let position = this.#columns.length - 1; position >= 0; position--) {
      const { dictionary } = this.#category(position)
      key = this.#starts[position] + dictionary[rest % dictionary.length] + key
      rest = Math.floor(rest / dictionary.length)
    }
    return this.#table.at(murmur3(key, this.#term.transform.seed)) ?? 0
  }

  #addHashed(position: number, length: number): void {
    if (position === this.#columns.length) {
      this.#sum += this.#table.at(murmur3Bytes(buffer, this.#term.transform.seed, 0, length)) ?? 0
      return
    }
    const column = this.#matrix.categories[this.#columns[position]]
    if (column === null) {
      const value = this.#matrix.values[this.#columns[position] * this.#matrix.stride + this.#row]
      this.#addHashed(position + 1, this.#write(position, length, textOfNumber(value)))
      return
    }
    const { offsets, codes, dictionary } = column
    for (let i = offsets[this.#row]; i < offsets[this.#row + 1]; i++) {
      const code = codes[i]
      if (position >= this.#written || this.#codes[position] !== code) {
        this.#ends[position] = this.#write(position, length, dictionary[code])
        this.#codes[position] = code
        this.#written = position + 1
      }
      this.#addHashed(position + 1, this.#ends[position])
    }
  }

  #write(position: number, length: number, value: string): number {
    this.#written = Math.min(this.#written, position)
    return writeText(value, writeText(this.#starts[position], length))
  }

  #category(position: number): CategoryColumn {
    return this.#matrix.categories[this.#columns[position]] as CategoryColumn
  }
}
