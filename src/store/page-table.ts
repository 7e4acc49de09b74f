import type { Entity } from '../core/entity.ts'
import { type FieldKind, MISSING } from '../core/field.ts'
import { decimalOf } from '../core/float32.ts'
import { type Column, Table } from '../core/table.ts'
import type { Page } from './page.ts'

/**
 * The records of all pages as one table; of a single page as views into its bytes, of several copied one
 * after the other. A column whose kind is no longer the declared one is left out. At least one page.
 */
export function tableOf(entity: Pick<Entity, 'name' | 'fields'>, pages: readonly Page[]): Table {
  const columns = new Map<string, Column>()
  for (const { name, kind } of entity.fields.values()) {
    const parts = pages.map((page) => ofKind(page.columns.get(name), kind))
    if (parts.every((part) => part === undefined)) continue
    columns.set(
      name,
      pages.length === 1
        ? parts[0]!
        : joined(parts.find((part) => part)!.kind, parts, pages.map(size)),
    )
  }
  return new Table(
    entity.name,
    pages.length === 1 ? pages[0].ids : pages.flatMap((page) => page.ids),
    columns,
    Math.min(...pages.map((page) => page.asOfMs)),
    // Joined columns are no larger than the pages they came from, save for a status here and there.
    pages.reduce((sum, page) => sum + page.bytes, 0),
  )
}

function size(page: Page): number {
  return page.ids.length
}

function ofKind(column: Column | undefined, kind: FieldKind): Column | undefined {
  return column?.kind === kind ? column : undefined
}

function joined(
  kind: Column['kind'],
  parts: readonly (Column | undefined)[],
  sizes: readonly number[],
): Column {
  const status = joinedStatus(parts, sizes)
  switch (kind) {
    case 'number':
    case 'boolean':
      return { kind, values: joinedFloats(parts, sizes), status }
    case 'numbers':
      return { kind, offsets: joinedOffsets(parts, sizes), values: joinedFloats(parts, []), status }
    case 'string':
      return { kind, ...joinedCodes(parts, sizes), status }
    case 'strings':
      return { kind, offsets: joinedOffsets(parts, sizes), ...joinedCodes(parts, []), status }
  }
}

function joinedStatus(
  parts: readonly (Column | undefined)[],
  sizes: readonly number[],
): Uint8Array | null {
  if (parts.every((part) => part?.status === null)) return null
  const status = new Uint8Array(sum(sizes))
  let at = 0
  parts.forEach((part, i) => {
    if (part === undefined) status.fill(MISSING, at, at + sizes[i])
    else if (part.status) status.set(part.status, at)
    at += sizes[i]
  })
  return status
}

/** `sizes` says how much room an absent part takes; none for lists. */
function joinedFloats(
  parts: readonly (Column | undefined)[],
  sizes: readonly number[],
): Float32Array | Float64Array {
  const values = parts.map((part, i) =>
    part && 'values' in part ? part.values : new Float32Array(sizes[i] ?? 0).fill(Number.NaN),
  )
  const wide = values.some((part) => part instanceof Float64Array)
  const all = new (wide ? Float64Array : Float32Array)(sum(values.map((part) => part.length)))
  let at = 0
  for (const part of values) {
    if (wide && part instanceof Float32Array)
      for (let i = 0; i < part.length; i++) all[at + i] = decimalOf(part[i])
    else all.set(part, at)
    at += part.length
  }
  return all
}

function joinedOffsets(
  parts: readonly (Column | undefined)[],
  sizes: readonly number[],
): Int32Array {
  const all = new Int32Array(sum(sizes) + 1)
  let at = 0
  parts.forEach((part, p) => {
    const base = all[at]
    for (let i = 1; i <= sizes[p]; i++)
      all[at + i] = base + (part && 'offsets' in part ? part.offsets[i] : 0)
    at += sizes[p]
  })
  return all
}

function joinedCodes(
  parts: readonly (Column | undefined)[],
  sizes: readonly number[],
): { codes: Int32Array; dictionary: string[] } {
  const known = new Map<string, number>()
  const lists = parts.map((part, i) => {
    if (part === undefined || !('codes' in part)) return new Int32Array(sizes[i] ?? 0).fill(-1)
    const translated = part.dictionary.map((text) => {
      const code = known.get(text) ?? known.size
      known.set(text, code)
      return code
    })
    return part.codes.map((code) => (code < 0 ? -1 : translated[code]))
  })
  const codes = new Int32Array(sum(lists.map((list) => list.length)))
  let at = 0
  for (const list of lists) {
    codes.set(list, at)
    at += list.length
  }
  return { codes, dictionary: [...known.keys()] }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
