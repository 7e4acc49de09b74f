import type { Entity } from '../core/entity.ts'
import type { StoredValue } from '../core/record.ts'
import type { FeatureStore } from '../store/feature-store.ts'
import { aggregatesKey, type PageRecord, packPage, pageKey } from '../store/page.ts'
import { encodeRecord, recordKey } from '../store/record-value.ts'
import type { AggregateRows } from './record-aggregates.ts'
import { storedValues } from './record-fields.ts'
import type { KeptRecord, RecordRows } from './record-rows.ts'
import type { OwnerStateRow } from './record-state.ts'

/** The records to publish, and where. */
export interface Publication {
  readonly entity: Entity
  readonly shard: number
  readonly state: OwnerStateRow
  readonly records: RecordRows
  readonly aggregates: AggregateRows
  readonly store: FeatureStore
  /** The time that the records are of, epoch ms. */
  readonly asOfMs: number
}

/**
 * Publishes what has changed: the whole page of a paged entity, one value for each changed record of a
 * keyed one. Rejects where the store fails; what was not written stays to be published.
 */
export async function publish(publication: Publication): Promise<void> {
  const { entity, state, asOfMs } = publication
  // What changes while the store writes is of a later revision, and is published the next time.
  const { revision, slots } = state.get()
  await (entity.layout === 'paged'
    ? publishPage(publication)
    : publishRecords(publication, revision))
  state.set({ publishedRevision: revision, publishedAtMs: asOfMs, publishedSlots: slots })
}

async function publishPage(publication: Publication): Promise<void> {
  const { entity, shard, records, store } = publication
  const value = packPage({
    ...pageOf(publication),
    part: 'attributes',
    fields: [...entity.fields.values()].filter(({ origin }) => origin === 'attribute'),
    records: pageRecords(records.each()),
  })
  await store.put([{ key: pageKey(entity.name, shard), value }])
}

function pageOf({ entity, shard, state, asOfMs }: Publication) {
  const { slots, epoch } = state.get()
  return { entity: entity.name, shard, shards: entity.shards, asOfMs, slots, epoch }
}

function* pageRecords(records: Iterable<KeptRecord>): Generator<PageRecord> {
  for (const { id, slot, fields } of records)
    if (fields) yield { id, slot, fields: storedValues(fields) }
}

/**
 * Publishes the aggregates of a paged entity, as of the publication's time, in a page of their own, so that
 * attributes are not written again for every click. Rejects where the store fails.
 */
export async function publishAggregates(publication: Publication): Promise<void> {
  const { entity, shard, state, store, asOfMs } = publication
  const { aggregatesRevision } = state.get()
  const hop = { atMs: Number.POSITIVE_INFINITY }
  const value = packPage({
    ...pageOf(publication),
    part: 'aggregates',
    fields: [...entity.fields.values()].filter(({ origin }) => origin === 'aggregate'),
    records: aggregateRecords(publication, hop),
  })
  await store.put([{ key: aggregatesKey(entity.name, shard), value }])
  state.set({
    aggregatesPublished: aggregatesRevision,
    aggregatesAtMs: asOfMs,
    nextHopMs: Number.isFinite(hop.atMs) ? hop.atMs : null,
  })
}

/** Every slot: without events, its values are the ones that no events make. Finds the next hop on the way. */
function* aggregateRecords(
  { entity, state, aggregates, asOfMs }: Publication,
  hop: { atMs: number },
): Generator<PageRecord> {
  const set = entity.aggregates
  const { slots } = state.get()
  const given = new Uint8Array(slots)
  for (const { slot, state } of aggregates.eachInSlot()) {
    const record = set.decode(state)
    hop.atMs = Math.min(hop.atMs, set.nextChangeMs(record, asOfMs))
    given[slot] = 1
    yield { slot, id: '', fields: set.valuesAt(record, asOfMs) }
  }
  const none = set.valuesAt(set.create(), asOfMs)
  for (let slot = 0; slot < slots; slot++)
    if (given[slot] === 0) yield { slot, id: '', fields: none }
}

async function publishRecords(
  { entity, records, aggregates, store, asOfMs }: Publication,
  revision: number,
): Promise<void> {
  for (;;) {
    const batch = records.pending(revision)
    if (batch.length === 0) return
    const states = aggregates.read(batch.map(({ id }) => id))
    const entries = []
    const removed = []
    for (const { id, fields } of batch) {
      const key = recordKey(entity.name, id)
      if (fields === null) removed.push(key)
      else {
        const attributes = declared(entity, storedValues(fields))
        entries.push({ key, value: encodeRecord(attributes, states.get(id)) })
      }
    }
    await store.put(entries)
    await store.delete(removed)
    records.published(batch, asOfMs)
  }
}

function declared(entity: Entity, fields: Map<string, StoredValue>): Map<string, StoredValue> {
  return new Map([...fields].filter(([name]) => entity.fields.get(name)?.origin === 'attribute'))
}
