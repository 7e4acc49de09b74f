import type { FieldKind, FieldValue, Status } from '../core/field.ts'
import { MISSING, STATUSES } from '../core/field.ts'
import { survivesFloat32 } from '../core/float32.ts'

/** A column ready to be laid out: its arrays by the role they have in the page. */
export type PackedColumn = Readonly<Partial<Record<ColumnPart, ArrayBufferView>>>

/** The arrays that a column may have. */
export type ColumnPart = 'float32' | 'float64' | 'codes' | 'offsets' | 'dictionary' | 'status'

/** Collects the values of one field, slot by slot in any order, each slot once at most. */
export interface ColumnBuilder {
  /** A value that the column's kind cannot hold counts as missing. */
  set(slot: number, value: FieldValue | null, status: Status): void
  finish(): PackedColumn
}

/**
 * A builder for `slots` values of a kind; slots never set are missing. Numbers are float64 where float32
 * would not give them back, unless `isNarrow` asks for float32.
 */
export function columnBuilder(kind: FieldKind, slots: number, isNarrow = false): ColumnBuilder {
  const statuses = new Uint8Array(slots).fill(MISSING)
  const store = storeOf(kind, slots, isNarrow)
  return {
    set(slot, value, status) {
      if (status !== 'present' && status !== 'defaulted') statuses[slot] = STATUSES.indexOf(status)
      else if (value !== null && store.put(slot, value)) statuses[slot] = STATUSES.indexOf(status)
    },
    finish() {
      const allPresent = statuses.every((status) => status === 0)
      return { ...store.finish(), ...(allPresent ? {} : { status: statuses }) }
    },
  }
}

interface ValueStore {
  /** False where the value is not of the kind. */
  put(slot: number, value: FieldValue): boolean
  finish(): PackedColumn
}

function storeOf(kind: FieldKind, slots: number, isNarrow: boolean): ValueStore {
  switch (kind) {
    case 'number':
      return numberStore(slots, isNarrow, numberOrNull)
    case 'boolean':
      return numberStore(slots, isNarrow, (value) =>
        typeof value === 'boolean' ? Number(value) : null,
      )
    case 'string':
      return stringStore(slots)
    case 'ids':
      throw new RangeError('no column holds sets of ids')
    case 'numbers':
      return listStore(slots, Float64Array, numberOrNull, narrowed)
    case 'strings': {
      const dictionary = dictionaryOf()
      return listStore(slots, Int32Array, dictionary.code, (codes) => ({
        codes,
        dictionary: dictionary.finish(),
      }))
    }
  }
}

function numberOrNull(value: unknown): number | null {
  return Number.isFinite(value) ? (value as number) : null
}

/** NaN where there is no value, so that whoever forgets the status does not take it for one. */
function numberStore(
  slots: number,
  isNarrow: boolean,
  read: (value: FieldValue) => number | null,
): ValueStore {
  const values = new Float64Array(slots).fill(Number.NaN)
  return {
    put(slot, value) {
      const number = read(value)
      if (number !== null) values[slot] = number
      return number !== null
    },
    finish: () => (isNarrow ? { float32: new Float32Array(values) } : narrowed(values)),
  }
}

function narrowed(values: Float64Array): PackedColumn {
  return values.every(survivesFloat32) ? { float32: new Float32Array(values) } : { float64: values }
}

function stringStore(slots: number): ValueStore {
  const dictionary = dictionaryOf()
  const codes = new Int32Array(slots).fill(-1)
  return {
    put(slot, value) {
      const code = dictionary.code(value)
      if (code !== null) codes[slot] = code
      return code !== null
    },
    finish: () => ({ codes, dictionary: dictionary.finish() }),
  }
}

type Items = Float64Array | Int32Array

/** Lists go to one growing array as they come, and are put into the order of slots at the end. */
function listStore<A extends Items>(
  slots: number,
  Type: new (length: number) => A,
  read: (item: unknown) => number | null,
  pack: (items: A) => PackedColumn,
): ValueStore {
  const starts = new Int32Array(slots)
  const offsets = new Int32Array(slots + 1)
  let items = new Type(Math.max(16, slots))
  let used = 0
  return {
    put(slot, value) {
      if (!Array.isArray(value)) return false
      if (used + value.length > items.length) {
        const larger = new Type((used + value.length) * 2)
        larger.set(items)
        items = larger
      }
      for (let i = 0; i < value.length; i++) {
        const item = read(value[i])
        if (item === null) return false
        items[used + i] = item
      }
      starts[slot] = used
      offsets[slot + 1] = value.length
      used += value.length
      return true
    },
    finish() {
      const ordered = new Type(used)
      for (let slot = 0; slot < slots; slot++) {
        const length = offsets[slot + 1]
        ordered.set(items.subarray(starts[slot], starts[slot] + length), offsets[slot])
        offsets[slot + 1] += offsets[slot]
      }
      return { offsets, ...pack(ordered) }
    },
  }
}

function dictionaryOf() {
  const codes = new Map<string, number>()
  return {
    code(text: unknown): number | null {
      if (typeof text !== 'string') return null
      let code = codes.get(text)
      if (code === undefined) {
        code = codes.size
        codes.set(text, code)
      }
      return code
    },
    /** As JSON: one decode for all of it, and lone surrogates survive. */
    finish: () => new TextEncoder().encode(JSON.stringify([...codes.keys()])),
  }
}
