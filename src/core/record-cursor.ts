import { DEFAULTED, type FieldKind, type FieldValue, PRESENT } from './field.ts'
import type { RecordRead } from './read.ts'
import {
  type Column,
  type NumberColumn,
  type StringsColumn,
  statusAt,
  type Table,
  valueAt,
} from './table.ts'

/** Which candidate is being looked at: its slot, -1 where no record is known. */
export interface Place {
  readonly slot: number
}

/**
 * The fields of the candidate at a place, read from their columns when somebody asks: properties named
 * like the fields, undefined where neither present nor defaulted. Fields of a `pick` may only be asked for
 * where their status was found good.
 */
export type RecordCursor = Readonly<Record<string, FieldValue | undefined>>

// Symbols, because every other name may be a field's.
const PLACE = Symbol('place')
const COLUMNS = Symbol('columns')
const LISTS = Symbol('lists')

/** A list as it was last asked for, and of which slot. */
interface Held {
  slot: number
  list: readonly string[]
}

interface Inside {
  readonly [PLACE]: Place
  readonly [COLUMNS]: readonly (Column | null)[]
  readonly [LISTS]: readonly Held[]
}

type CursorClass = new (place: Place, columns: readonly (Column | null)[]) => RecordCursor

/** By read, then by the kinds of its columns: engines make property reads fast for classes that stay. */
const classes = new WeakMap<RecordRead, Map<string, CursorClass>>()

/** A cursor over `table` for the fields of a read. */
export function recordCursor(read: RecordRead, table: Table, place: Place): RecordCursor {
  const columns = read.fields.map((field) => table.column(field))
  const kinds = columns.map((column) => column?.kind ?? null)
  let known = classes.get(read)
  if (!known) {
    known = new Map()
    classes.set(read, known)
  }
  const key = kinds.join()
  let Cursor = known.get(key)
  if (!Cursor) {
    Cursor = cursorClass(read, kinds)
    known.set(key, Cursor)
  }
  return new Cursor(place, columns)
}

function cursorClass(read: RecordRead, kinds: readonly (FieldKind | null)[]): CursorClass {
  const lists = kinds.includes('strings')
  class Cursor implements Inside {
    readonly [PLACE]: Place
    readonly [COLUMNS]: readonly (Column | null)[]
    readonly [LISTS]: readonly Held[]

    constructor(place: Place, columns: readonly (Column | null)[]) {
      this[PLACE] = place
      this[COLUMNS] = columns
      this[LISTS] = lists ? kinds.map(() => ({ slot: -1, list: [] })) : []
    }
  }
  read.fields.forEach((field, i) => {
    Object.defineProperty(Cursor.prototype, field, {
      enumerable: true,
      get: getter(kinds[i], i, read.required),
    })
  })
  return Cursor as unknown as CursorClass
}

function getter(kind: FieldKind | null, i: number, required: boolean) {
  if (kind === null) return () => undefined
  if (kind === 'number' && required)
    return function (this: Inside) {
      return (this[COLUMNS][i] as NumberColumn).values[this[PLACE].slot]
    }
  if (kind === 'strings') return stringsGetter(i)
  return function (this: Inside) {
    const column = this[COLUMNS][i] as Column
    const { slot } = this[PLACE]
    if (kind !== 'number') return valueAt(column, slot)
    return isUsable(column, slot) ? (column as NumberColumn).values[slot] : undefined
  }
}

function stringsGetter(i: number) {
  return function (this: Inside) {
    const column = this[COLUMNS][i] as StringsColumn
    const { slot } = this[PLACE]
    if (!isUsable(column, slot)) return undefined
    const held = this[LISTS][i]
    if (held.slot === slot) return held.list
    const from = column.offsets[slot]
    const list = new Array<string>(column.offsets[slot + 1] - from)
    for (let at = 0; at < list.length; at++) list[at] = column.dictionary[column.codes[from + at]]
    held.slot = slot
    held.list = list
    return list
  }
}

function isUsable(column: Column, slot: number): boolean {
  const status = statusAt(column, slot)
  return status === PRESENT || status === DEFAULTED
}
