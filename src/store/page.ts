import { EdgewheelError } from '../core/errors.ts'
import type { Field } from '../core/field.ts'
import type { StoredValue } from '../core/record.ts'
import type { Column } from '../core/table.ts'
import { columnBuilder, type PackedColumn } from './page-builders.ts'
import { columnOf, isColumnKind } from './page-columns.ts'
import { packSections, readSections } from './sections.ts'

/** The key that the page of one shard is published under. */
export function pageKey(entity: string, shard: number): string {
  return `page/${entity}/${shard}`
}

/** The key that the aggregates of one shard are published under, in a page of their own. */
export function aggregatesKey(entity: string, shard: number): string {
  return `${pageKey(entity, shard)}/aggregates`
}

/** Which fields a page has: those that somebody pushes, or those that events maintain. */
export type PagePart = 'attributes' | 'aggregates'

/** One record of a page. Fields that the page does not have are left out. */
export interface PageRecord {
  readonly slot: number
  /** Printable ASCII. A page of aggregates knows records by slot only. */
  readonly id: string
  readonly fields: ReadonlyMap<string, StoredValue>
}

/** What {@link packPage} packs. */
export interface PageContent {
  readonly entity: string
  readonly fields: Iterable<Pick<Field, 'name' | 'kind'>>
  readonly shard: number
  readonly shards: number
  /** Default: attributes. Numbers of aggregates are float32. */
  readonly part?: PagePart
  /** Pages of one epoch have the same records in the same slots. Default 0. */
  readonly epoch?: number
  /** The time that the records are of, epoch ms. */
  readonly asOfMs: number
  /** Slots given out so far; those without a record are empty: their record was removed. */
  readonly slots: number
  /** In any order, read once: they need not all be in memory. */
  readonly records: Iterable<PageRecord>
}

/** All records of one shard of a paged entity, by column; arrays are views into the page's bytes. */
export interface Page {
  readonly entity: string
  readonly shard: number
  readonly shards: number
  readonly part: PagePart
  readonly epoch: number
  readonly asOfMs: number
  readonly slots: number
  /** Ids by slot; '' where the record was removed. None in a page of aggregates. */
  readonly ids: readonly string[]
  readonly columns: ReadonlyMap<string, Column>
  /** Bytes of the page and of what was decoded from it. */
  readonly bytes: number
  /** Equal for equal bytes. */
  readonly stamp: string
}

interface PageHeader {
  readonly entity: string
  readonly shard: number
  readonly shards: number
  /** Pages of before there were aggregates do not say. */
  readonly part?: PagePart
  readonly epoch?: number
  readonly asOfMs: number
  readonly slots: number
  /** Columns with the number of the section that holds each of their arrays; section 0 holds the ids. */
  readonly columns: readonly {
    readonly name: string
    readonly kind: Column['kind']
    readonly parts: Readonly<Record<string, number>>
  }[]
}

/** Packs the records of one shard into the bytes that readers lay typed arrays over. */
export function packPage(content: PageContent): Uint8Array {
  const { entity, shard, shards, part = 'attributes', epoch = 0, asOfMs, slots } = content
  const hasIds = part === 'attributes'
  const fields = [...content.fields].map(({ name, kind }) => ({
    name,
    kind,
    builder: columnBuilder(kind, slots, part === 'aggregates'),
  }))
  const ids = new Array<string>(hasIds ? slots : 0).fill('')
  for (const record of content.records) {
    if (hasIds) ids[record.slot] = record.id
    for (const { name, builder } of fields) {
      const stored = record.fields.get(name)
      if (stored) builder.set(record.slot, stored.value, stored.status)
    }
  }
  const sections: ArrayBufferView[] = [new TextEncoder().encode(ids.join('\n'))]
  const columns = fields.map(({ name, kind, builder }) => ({
    name,
    kind: kind as Column['kind'],
    parts: partsOf(builder.finish(), sections),
  }))
  const header: PageHeader = { entity, shard, shards, part, epoch, asOfMs, slots, columns }
  return packSections(header, sections)
}

function partsOf(column: PackedColumn, sections: ArrayBufferView[]): Record<string, number> {
  const parts: Record<string, number> = {}
  for (const [part, view] of Object.entries(column)) parts[part] = sections.push(view) - 1
  return parts
}

/** Opens a page. Throws `invalid_format`, naming what is wrong, for whatever is not a whole page of this version. */
export function readPage(bytes: Uint8Array): Page {
  const { header, sections, stamp } = readSections(bytes)
  const page = checkedHeader(header)
  const { entity, shard, shards, part = 'attributes', epoch = 0, asOfMs, slots, columns } = page
  const ids = idsOf(sections[0], part === 'attributes' ? slots : 0)
  // A string of 32 bytes beside its text, its place in the list, and its entry in the map of ids.
  let held = bytes.length + ids.length * 88 + (sections[0]?.length ?? 0)
  const decoded = new Map<string, Column>()
  for (const { name, kind, parts } of columns) {
    const column = columnOf(kind, slots, (part) => {
      const section = sections[parts[part]]
      return parts[part] === undefined ? null : (section ?? refuse(`has no ${part} for ${name}`))
    })
    if (typeof column === 'string') refuse(`has a column ${name} ${column}`)
    decoded.set(name, column)
    if ('dictionary' in column)
      held += column.dictionary.length * 40 + sections[parts.dictionary].length
  }
  return {
    ...{ entity, shard, shards, part, epoch, asOfMs, slots, ids, stamp },
    columns: decoded,
    bytes: held,
  }
}

function idsOf(section: Uint8Array | undefined, slots: number): string[] {
  if (section === undefined) refuse('has no ids')
  if (slots === 0) return []
  const ids = new TextDecoder('utf-8', { fatal: false, ignoreBOM: true })
    .decode(section)
    .split('\n')
  if (ids.length !== slots) refuse(`has ${ids.length} ids for ${slots} slots`)
  return ids
}

function checkedHeader(header: unknown): PageHeader {
  const page = (header ?? {}) as Partial<PageHeader>
  if (typeof page.entity !== 'string') refuse('names no entity')
  for (const name of ['shard', 'shards', 'slots', 'asOfMs'] as const)
    if (!Number.isSafeInteger(page[name]) || Number(page[name]) < 0)
      refuse(`has no whole number for ${name}`)
  if (page.part !== undefined && page.part !== 'attributes' && page.part !== 'aggregates')
    refuse('has neither attributes nor aggregates')
  const columns: unknown = page.columns
  if (!Array.isArray(columns)) refuse('has no columns')
  for (const column of columns)
    if (typeof column?.name !== 'string' || !isColumnKind(column.kind) || !column.parts)
      refuse('has a column without name, kind or parts')
  return page as PageHeader
}

function refuse(problem: string): never {
  throw new EdgewheelError('invalid_format', `a stored page ${problem}`)
}
