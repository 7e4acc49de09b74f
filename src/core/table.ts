import { type FieldValue, MISSING } from './field.ts'
import { decimalOf } from './float32.ts'

/** Values of one number or boolean field, by slot. Booleans are 0 and 1. */
export interface NumberColumn {
  readonly kind: 'number' | 'boolean'
  /** Float32 where every value survives it as the same decimal ({@link decimalOf}), else Float64. */
  readonly values: Float32Array | Float64Array
  /** Status numbers by slot; null: all present. */
  readonly status: Uint8Array | null
}

/** Values of one string field, by slot, as codes into a dictionary. */
export interface StringColumn {
  readonly kind: 'string'
  readonly codes: Int32Array
  readonly dictionary: readonly string[]
  readonly status: Uint8Array | null
}

/** Values of one list-of-strings field: slot s holds `codes[offsets[s] .. offsets[s+1])`. */
export interface StringsColumn {
  readonly kind: 'strings'
  readonly offsets: Int32Array
  readonly codes: Int32Array
  readonly dictionary: readonly string[]
  readonly status: Uint8Array | null
}

/** Values of one list-of-numbers field, laid out like {@link StringsColumn}. */
export interface NumbersColumn {
  readonly kind: 'numbers'
  readonly offsets: Int32Array
  readonly values: Float32Array | Float64Array
  readonly status: Uint8Array | null
}

export type Column = NumberColumn | StringColumn | StringsColumn | NumbersColumn

/**
 * All records of a paged entity, held by column. A record is a slot: a number below `size`, stable for
 * the life of this object. A slot whose record was removed is not live and has no id.
 */
export class Table {
  readonly entity: string
  /** Ids by slot; '' where the record was removed. */
  readonly ids: readonly string[]
  /** When the oldest of its pages was published, epoch ms. */
  readonly asOfMs: number
  /** Bytes held, for the cache's budget. */
  readonly bytes: number
  readonly #columns: ReadonlyMap<string, Column>
  readonly #slots: Map<string, number>
  readonly #memo = new Map<string, unknown>()

  constructor(
    entity: string,
    ids: readonly string[],
    columns: ReadonlyMap<string, Column>,
    asOfMs: number,
    bytes: number,
  ) {
    this.entity = entity
    this.ids = ids
    this.asOfMs = asOfMs
    this.bytes = bytes
    this.#columns = columns
    this.#slots = new Map()
    for (let slot = 0; slot < ids.length; slot++)
      if (ids[slot] !== '') this.#slots.set(ids[slot], slot)
  }

  get size(): number {
    return this.ids.length
  }

  /** Number of records that were not removed. */
  get live(): number {
    return this.#slots.size
  }

  /** The slot of an id, or -1. */
  slotOf(id: string): number {
    return this.#slots.get(id) ?? -1
  }

  /** The column of a field, or null where no page carries it (yet). */
  column(field: string): Column | null {
    return this.#columns.get(field) ?? null
  }

  numberColumn(field: string): NumberColumn | null {
    const column = this.#columns.get(field)
    return column?.kind === 'number' || column?.kind === 'boolean' ? column : null
  }

  stringsColumn(field: string): StringsColumn | null {
    const column = this.#columns.get(field)
    return column?.kind === 'strings' ? column : null
  }

  numbersColumn(field: string): NumbersColumn | null {
    const column = this.#columns.get(field)
    return column?.kind === 'numbers' ? column : null
  }

  /** Computes once for the life of this table; the place for indexes over a whole catalogue. */
  memo<T>(key: string, compute: (table: Table) => T): T {
    if (!this.#memo.has(key)) this.#memo.set(key, compute(this))
    return this.#memo.get(key) as T
  }
}

/** The status number of a slot in a column; an absent column or slot is missing. */
export function statusAt(column: Column | null, slot: number): number {
  if (column === null || slot < 0) return MISSING
  return column.status === null ? 0 : column.status[slot]
}

/**
 * The value of a slot exactly as it was pushed, or undefined unless it is present or defaulted. Lists are
 * fresh arrays. Features read `column.values` instead: float32 is what the model learns from.
 */
export function valueAt(column: Column | null, slot: number): FieldValue | undefined {
  const status = statusAt(column, slot)
  if (column === null || (status !== 0 && status !== 4)) return undefined
  switch (column.kind) {
    case 'number':
      return pushed(column.values, column.values[slot])
    case 'boolean':
      return column.values[slot] !== 0
    case 'string':
      return column.dictionary[column.codes[slot]]
    case 'strings': {
      const list: string[] = []
      for (let i = column.offsets[slot]; i < column.offsets[slot + 1]; i++)
        list.push(column.dictionary[column.codes[i]])
      return list
    }
    case 'numbers': {
      const list: number[] = []
      for (let i = column.offsets[slot]; i < column.offsets[slot + 1]; i++)
        list.push(pushed(column.values, column.values[i]))
      return list
    }
  }
}

function pushed(values: Float32Array | Float64Array, stored: number): number {
  return values instanceof Float32Array ? decimalOf(stored) : stored
}

/** Slots with a score each, best first if `sorted`; the engine draws from it what is eligible. */
export interface Ranking {
  readonly slots: Int32Array
  readonly scores: Float64Array | Float32Array
  readonly sorted: boolean
}

/**
 * All live slots by a number field, highest first, missing last, ties by slot. Computed once a table.
 */
export function orderedBy(table: Table, field: string): Ranking {
  return table.memo(`ordered:${field}`, () => {
    const column = table.numberColumn(field)
    const keys = new Float64Array(table.size).fill(Number.NEGATIVE_INFINITY)
    if (column)
      for (let slot = 0; slot < table.size; slot++) {
        const status = statusAt(column, slot)
        if ((status === 0 || status === 4) && !Number.isNaN(column.values[slot]))
          keys[slot] = column.values[slot]
      }
    return rankedByKeys(table, keys)
  })
}

/** All live slots by a key per slot, highest first, ties by slot; keys of -Infinity score 0. */
export function rankedByKeys(table: Table, keys: Float64Array): Ranking {
  const slots = new Int32Array(table.live)
  let count = 0
  for (let slot = 0; slot < table.size; slot++) if (table.ids[slot] !== '') slots[count++] = slot
  slots.sort((a, b) => keys[b] - keys[a] || a - b)
  const scores = new Float64Array(count)
  for (let i = 0; i < count; i++) scores[i] = Number.isFinite(keys[slots[i]]) ? keys[slots[i]] : 0
  return { slots, scores, sorted: true }
}
