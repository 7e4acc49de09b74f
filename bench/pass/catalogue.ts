import type { Column, Table as TableType } from '../../src/core/index.ts'
import { Table } from '../../src/core/index.ts'
import { mulberry32 } from '../../src/core/mulberry32.ts'

/** Records as one would write them: an object each. */
export interface PlainItem {
  readonly id: string
  /** Null where missing: all records have one shape, which engines read fastest. */
  readonly attributes: Readonly<Record<string, number | null>>
}

/** What is ranked, in both forms, and who asks. */
export interface Catalogue {
  readonly table: TableType
  readonly plain: ReadonlyMap<string, PlainItem>
  /** Distinct slots, in no order. */
  readonly candidates: Int32Array
  readonly user: Readonly<Record<string, number>>
}

const RECORDS = 10_000
/** One value in so many is missing. */
const MISSING_ONE_IN = 16

/** Made-up records with `attributes` numbers each, always the same; `rows` of them are candidates. */
export function catalogueOf(rows: number, attributes: number): Catalogue {
  const random = mulberry32(rows * 1000 + attributes)
  const ids = Array.from({ length: RECORDS }, (_, slot) => `item-${slot}`)
  const names = Array.from({ length: attributes }, (_, i) => attributeName(i))
  const columns = new Map<string, Column>()
  for (const name of names) {
    const values = Float32Array.from(ids, () => random() * 10)
    const status = Uint8Array.from(ids, () => (random() * MISSING_ONE_IN < 1 ? 2 : 0))
    columns.set(name, { kind: 'number', values, status })
  }
  const table = new Table('item', ids, columns, 0, 0)
  const plain = new Map(ids.map((id, slot) => [id, plainItem(table, names, id, slot)]))
  const order = Int32Array.from(ids, (_, slot) => slot)
  for (let i = 0; i < rows; i++) {
    const other = i + Math.floor(random() * (RECORDS - i))
    const slot = order[i]
    order[i] = order[other]
    order[other] = slot
  }
  const user = JSON.parse(
    JSON.stringify(Object.fromEntries(names.map((name) => [name, Math.fround(random() * 10)]))),
  )
  return { table, plain, candidates: order.slice(0, rows), user }
}

/** The name of the i-th attribute, of items and of the user. */
export function attributeName(i: number): string {
  return `a_${i}`
}

function plainItem(
  table: TableType,
  names: readonly string[],
  id: string,
  slot: number,
): PlainItem {
  const attributes: Record<string, number | null> = {}
  for (const name of names) {
    const column = table.numberColumn(name)
    attributes[name] = column?.status?.[slot] === 0 ? column.values[slot] : null
  }
  // Through JSON, as from a store: objects made so are the fast kind.
  return JSON.parse(JSON.stringify({ id, attributes })) as PlainItem
}
