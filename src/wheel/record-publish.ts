import type { Entity } from '../core/entity.ts'
import type { StoredValue } from '../core/record.ts'
import type { FeatureStore } from '../store/feature-store.ts'
import { type PageRecord, packPage, pageKey } from '../store/page.ts'
import { encodeRecord, recordKey } from '../store/record-value.ts'
import { storedValues } from './record-fields.ts'
import type { KeptRecord, RecordRows } from './record-rows.ts'

/** The records to publish, and where. */
export interface Publication {
  readonly entity: Entity
  readonly shard: number
  readonly rows: RecordRows
  readonly store: FeatureStore
  /** The time that the records are of, epoch ms. */
  readonly asOfMs: number
}

/**
 * Publishes what has changed: the whole page of a paged entity, one value for each changed record of a
 * keyed one. Rejects where the store fails; what was not written stays to be published.
 */
export async function publish(publication: Publication): Promise<void> {
  const { entity, rows, asOfMs } = publication
  // What changes while the store writes is of a later revision, and is published the next time.
  const { revision, slots } = rows.state()
  await (entity.layout === 'paged'
    ? publishPage(publication, slots)
    : publishRecords(publication, revision))
  rows.setState({
    publishedRevision: revision,
    publishedAtMs: asOfMs,
    publishedSlots: slots,
  })
}

async function publishPage(
  { entity, shard, rows, store, asOfMs }: Publication,
  slots: number,
): Promise<void> {
  const value = packPage({
    entity: entity.name,
    fields: entity.fields.values(),
    shard,
    shards: entity.shards,
    asOfMs,
    slots,
    records: pageRecords(rows.each()),
  })
  await store.put([{ key: pageKey(entity.name, shard), value }])
}

function* pageRecords(records: Iterable<KeptRecord>): Generator<PageRecord> {
  for (const { id, slot, fields } of records)
    if (fields) yield { id, slot, fields: storedValues(fields) }
}

async function publishRecords(
  { entity, rows, store, asOfMs }: Publication,
  revision: number,
): Promise<void> {
  for (;;) {
    const batch = rows.pending(revision)
    if (batch.length === 0) return
    const entries = []
    const removed = []
    for (const { id, fields } of batch) {
      const key = recordKey(entity.name, id)
      if (fields === null) removed.push(key)
      else entries.push({ key, value: encodeRecord(declared(entity, storedValues(fields))) })
    }
    await store.put(entries)
    await store.delete(removed)
    rows.published(batch, asOfMs)
  }
}

function declared(entity: Entity, fields: Map<string, StoredValue>): Map<string, StoredValue> {
  return new Map([...fields].filter(([name]) => entity.fields.has(name)))
}
