import type { Entity } from '../core/entity.ts'
import { type Field, type FieldValue, STATUSES, type Status } from '../core/field.ts'
import type { Column } from '../core/table.ts'
import type { Page } from './page.ts'
import { columnBuilder, type PackedColumn } from './page-builders.ts'
import { columnOf } from './page-columns.ts'

/**
 * A page of attributes with the aggregates of its records beside them, matched by slot. The two are
 * published apart, so that either may be the older one: a slot that the aggregates do not have yet has the
 * values that no events make, as all have where there is no page of aggregates, or one of another epoch.
 */
export function withAggregates(
  { fields, aggregates }: Pick<Entity, 'fields' | 'aggregates'>,
  attributes: Page,
  page: Page | null,
): Page {
  if (aggregates.size === 0) return attributes
  const ours = page !== null && page.epoch === attributes.epoch ? page : null
  const columns = new Map(attributes.columns)
  const empty = aggregates.create()
  for (const field of fields.values()) {
    if (field.origin !== 'aggregate') continue
    const found = ours?.columns.get(field.name)
    const column = found?.kind === field.kind ? found : null
    const { value, status } = aggregates.valueAt(empty, field.name, attributes.asOfMs)
    columns.set(
      field.name,
      column && ours?.slots === attributes.slots
        ? column
        : resized(column, field, attributes.slots, ours?.slots ?? 0, value, status),
    )
  }
  return {
    ...attributes,
    columns,
    asOfMs: Math.min(attributes.asOfMs, ours?.asOfMs ?? attributes.asOfMs),
    bytes: attributes.bytes + (ours?.bytes ?? 0),
  }
}

/** A column of other slots: those beyond the end are left out, those that are lacking are filled. */
function resized(
  column: Column | null,
  { kind }: Pick<Field, 'kind'>,
  slots: number,
  had: number,
  value: FieldValue | null,
  status: Status,
): Column {
  const filled = filledColumn(kind, slots, value, status)
  if (column === null) return filled
  const kept = Math.min(had, slots)
  const statuses = column.status === null && filled.status === null ? null : new Uint8Array(slots)
  statuses?.fill(STATUSES.indexOf(status), kept)
  if (statuses && column.status) statuses.set(column.status.subarray(0, kept))
  if (column.kind === 'number' && filled.kind === 'number') {
    const values = new Float32Array(filled.values)
    values.set(column.values.subarray(0, kept))
    return { kind: 'number', values, status: statuses }
  }
  if (column.kind !== 'strings') return filled
  // Lists of slots without events are empty.
  const offsets = new Int32Array(slots + 1).fill(column.offsets[kept])
  offsets.set(column.offsets.subarray(0, kept + 1))
  return { ...column, offsets, status: statuses }
}

function filledColumn(
  kind: Field['kind'],
  slots: number,
  value: FieldValue | null,
  status: Status,
): Column {
  const builder = columnBuilder(kind, slots, true)
  for (let slot = 0; slot < slots; slot++) builder.set(slot, value, status)
  const packed: PackedColumn = builder.finish()
  const column = columnOf(kind as Column['kind'], slots, (part) => {
    const view = packed[part]
    return view ? new Uint8Array(view.buffer, view.byteOffset, view.byteLength) : null
  })
  if (typeof column === 'string') throw new RangeError(`a column ${column}`)
  return column
}
