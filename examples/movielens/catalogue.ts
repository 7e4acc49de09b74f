import type { Entity } from '../../src/core/entity.ts'
import type { FieldValue } from '../../src/core/field.ts'
import type { StoredValue } from '../../src/core/record.ts'
import type { Table } from '../../src/core/table.ts'
import { packPage, readPage } from '../../src/store/page.ts'
import { tableOf } from '../../src/store/page-table.ts'

/** Attributes as values of a record that somebody stored at time 0. */
export function storedFields(
  attributes: Readonly<Record<string, FieldValue | undefined>>,
): Map<string, StoredValue> {
  const fields = new Map<string, StoredValue>()
  for (const [name, value] of Object.entries(attributes))
    if (value !== undefined) fields.set(name, { value, status: 'present', updatedAtMs: 0 })
  return fields
}

/** The table that a Worker would hold of these records: through the packed page, slots in their order. */
export function tableOfRecords(
  entity: Pick<Entity, 'name' | 'fields'>,
  records: readonly {
    readonly id: string
    readonly attributes: Readonly<Record<string, FieldValue | undefined>>
  }[],
  asOfMs: number,
): Table {
  const page = packPage({
    entity: entity.name,
    fields: entity.fields.values(),
    shard: 0,
    shards: 1,
    asOfMs,
    slots: records.length,
    records: records.map(({ id, attributes }, slot) => ({
      slot,
      id,
      fields: storedFields(attributes),
    })),
  })
  return tableOf(entity, [readPage(page)])
}
