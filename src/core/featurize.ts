import { DEFAULTED, MISSING, PRESENT } from './field.ts'
import { type CategoryColumn, type FeatureMatrix, featureMatrix } from './matrix.ts'
import type { Pool } from './pool.ts'
import { bindReads, type Reading, type Scope } from './reading.ts'
import type { Feature } from './stage.ts'
import { type NumberColumn, statusAt } from './table.ts'

/** Computes every feature of every row of the pool. Never throws: what cannot be computed is its fallback. */
export function featurize(features: readonly Feature[], pool: Pool, scope: Scope): FeatureMatrix {
  const matrix = featureMatrix(
    pool.size,
    features.map((feature) => feature.kind === 'category'),
  )
  for (let index = 0; index < features.length; index++) {
    const feature = features[index]
    const categories = matrix.categories[index]
    if (categories !== null) {
      if (feature.column) labelColumn(feature, pool, matrix, index, categories)
      else computeCategory(feature, pool, scope, matrix, index, categories)
    } else if (feature.column) numberColumn(feature, pool, matrix, index)
    else computeNumber(feature, pool, scope, matrix, index)
  }
  return matrix
}

function numberColumn(feature: Feature, pool: Pool, matrix: FeatureMatrix, index: number): void {
  const column = pool.table.numberColumn(feature.column?.field as string)
  const fallback = feature.fallback as number
  const base = index * matrix.stride
  if (column === null) {
    matrix.values.fill(fallback, base, base + pool.size)
    matrix.status.fill(MISSING, base, base + pool.size)
    return
  }
  const map = feature.column?.map
  if (map === undefined) gather(column, column.values, fallback, pool, matrix, base)
  else gather(column, mappedValues(feature, column, map, pool), fallback, pool, matrix, base)
}

/** The innermost loop of most features: nothing in it is looked up twice, and nothing is called. */
function gather(
  { status: known }: NumberColumn,
  stored: Float32Array | Float64Array,
  fallback: number,
  { slots, size }: Pool,
  { values, status }: FeatureMatrix,
  base: number,
): void {
  for (let row = 0; row < size; row++) {
    const slot = slots[row]
    let state = slot < 0 ? MISSING : known === null ? PRESENT : known[slot]
    let value = fallback
    if (state === PRESENT || state === DEFAULTED) {
      value = Math.fround(stored[slot])
      if (!Number.isFinite(value)) {
        value = fallback
        state = MISSING
      }
    }
    values[base + row] = value
    status[base + row] = state
  }
}

const mappedByColumn = new WeakMap<NumberColumn, Map<Feature, Float32Array>>()

/**
 * A column with the feature's map applied where the pool needs it. Each slot is mapped once for the life of
 * the column: a logarithm costs several times the rest of a cell. NaN: not mapped yet, or not a number.
 */
function mappedValues(
  feature: Feature,
  column: NumberColumn,
  map: (value: number) => number,
  { slots, size }: Pool,
): Float32Array {
  let byFeature = mappedByColumn.get(column)
  if (!byFeature) {
    byFeature = new Map()
    mappedByColumn.set(column, byFeature)
  }
  let values = byFeature.get(feature)
  if (!values) {
    values = new Float32Array(column.values.length).fill(Number.NaN)
    byFeature.set(feature, values)
  }
  for (let row = 0; row < size; row++) {
    const slot = slots[row]
    if (slot >= 0 && Number.isNaN(values[slot])) values[slot] = mapped(map, column.values[slot])
  }
  return values
}

/** The map of a column, which may throw like any compute. */
function mapped(map: (value: number) => number, value: number): number {
  try {
    return map(value)
  } catch {
    return Number.NaN
  }
}

function computeNumber(
  feature: Feature,
  pool: Pool,
  scope: Scope,
  matrix: FeatureMatrix,
  index: number,
): void {
  const reading = bindReads(feature.reads, scope, pool)
  const { values, status } = matrix
  const base = index * matrix.stride
  const rows = reading.perCandidate ? pool.size : 1
  computeRows(feature, reading, pool, rows, matrix, base)
  if (reading.perCandidate) return
  values.fill(values[base], base, base + pool.size)
  status.fill(status[base], base, base + pool.size)
}

function computeRows(
  feature: Feature,
  reading: Reading,
  pool: Pool,
  rows: number,
  matrix: FeatureMatrix,
  base: number,
): void {
  const { values, status } = matrix
  const { slots } = pool
  const fallback = feature.fallback as number
  for (let row = 0; row < rows; row++) {
    const slot = slots[row]
    const known = reading.load(slot, slot < 0 ? pool.idOf(row) : '', row)
    const value = known === PRESENT ? guarded(feature, reading.values) : undefined
    if (typeof value === 'number' && Number.isFinite(Math.fround(value))) values[base + row] = value
    else {
      values[base + row] = fallback
      status[base + row] = known || MISSING
    }
  }
}

/** One candidate's bad record must not take the page down with it. */
function guarded(feature: Feature, values: unknown): unknown {
  try {
    return feature.compute(values as never)
  } catch {
    return undefined
  }
}

function labelColumn(
  feature: Feature,
  pool: Pool,
  matrix: FeatureMatrix,
  index: number,
  out: CategoryColumn,
): void {
  const column = pool.table.column(feature.column?.field as string)
  const base = index * matrix.stride
  if (column === null || (column.kind !== 'string' && column.kind !== 'strings')) {
    const builder = categoryBuilder(out)
    for (let row = 0; row < pool.size; row++) {
      builder.add(row, feature.fallback as readonly string[])
      matrix.status[base + row] = MISSING
    }
    return
  }
  const fallback = fallbackCodes(feature, column.dictionary)
  out.dictionary = fallback.dictionary
  let total = 0
  const push = (code: number): void => {
    if (total === out.codes.length) out.codes = grown(out.codes)
    out.codes[total++] = code
  }
  for (let row = 0; row < pool.size; row++) {
    const slot = pool.slots[row]
    const known = statusAt(column, slot)
    matrix.status[base + row] = known
    if (known !== 0 && known !== 4) for (const code of fallback.codes) push(code)
    else if (column.kind === 'string') push(column.codes[slot])
    else for (let i = column.offsets[slot]; i < column.offsets[slot + 1]; i++) push(column.codes[i])
    out.offsets[row + 1] = total
  }
}

/** The page's own dictionary where it holds the fallback (or there is none), else a longer copy. */
function fallbackCodes(feature: Feature, dictionary: readonly string[]) {
  const values = feature.fallback as readonly string[]
  const unknown = values.filter((value) => !dictionary.includes(value))
  const all = unknown.length > 0 ? [...dictionary, ...unknown] : dictionary
  return { dictionary: all, codes: values.map((value) => all.indexOf(value)) }
}

function computeCategory(
  feature: Feature,
  pool: Pool,
  scope: Scope,
  matrix: FeatureMatrix,
  index: number,
  out: CategoryColumn,
): void {
  const reading = bindReads(feature.reads, scope, pool)
  const builder = categoryBuilder(out)
  const base = index * matrix.stride
  const rows = reading.perCandidate ? pool.size : Math.min(1, pool.size)
  for (let row = 0; row < rows; row++) {
    const slot = pool.slots[row]
    const known = reading.load(slot, slot < 0 ? pool.idOf(row) : '', row)
    const list = known === PRESENT ? listOf(guarded(feature, reading.values)) : undefined
    matrix.status[base + row] = list === undefined ? known || MISSING : PRESENT
    builder.add(row, list ?? (feature.fallback as readonly string[]))
  }
  if (!reading.perCandidate) repeatFirst(out, pool.size, matrix.status, base)
}

/** Gives all rows what the first has. */
function repeatFirst(out: CategoryColumn, rows: number, status: Uint8Array, base: number): void {
  const first = out.codes.slice(0, out.offsets[1])
  out.codes = new Int32Array(Math.max(1, first.length * rows))
  for (let row = 0; row < rows; row++) {
    out.codes.set(first, row * first.length)
    out.offsets[row + 1] = (row + 1) * first.length
  }
  status.fill(status[base], base, base + rows)
}

/** The strings of a category, or undefined where `value` is none. */
function listOf(value: unknown): readonly string[] | undefined {
  if (typeof value === 'string') return [value]
  return Array.isArray(value) && value.every((one) => typeof one === 'string') ? value : undefined
}

function categoryBuilder(out: CategoryColumn) {
  const dictionary: string[] = []
  const codeOf = new Map<string, number>()
  out.dictionary = dictionary
  let total = 0
  return {
    add(row: number, values: readonly string[]): void {
      for (const value of values) {
        let code = codeOf.get(value)
        if (code === undefined) {
          code = dictionary.push(value) - 1
          codeOf.set(value, code)
        }
        if (total === out.codes.length) out.codes = grown(out.codes)
        out.codes[total++] = code
      }
      out.offsets[row + 1] = total
    },
  }
}

function grown(codes: Int32Array): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(Math.max(8, codes.length * 2))
  larger.set(codes)
  return larger
}
