import { DAY_MS } from '../core/duration.ts'
import type { Entity } from '../core/entity.ts'
import { pairId } from '../core/event-records.ts'
import { type FieldValue, isIdSet } from '../core/field.ts'
import type { StoredValue } from '../core/record.ts'
import type { FeatureStore } from '../store/feature-store.ts'
import type { RecordChange } from './apply-changes.ts'
import {
  type ApplyReport,
  type ApplyRows,
  applyChanges,
  type ReplayPart,
  replayChanges,
} from './apply-rows.ts'
import { dedupeRows } from './dedupe.ts'
import { aggregateRows } from './record-aggregates.ts'
import { type CheckpointRows, restorePart } from './record-checkpoint.ts'
import { storedValues } from './record-fields.ts'
import { type RecordPublisher, recordPublisher } from './record-publisher.ts'
import { recordRows } from './record-rows.ts'
import { ownerState } from './record-state.ts'
import { expectSweep, removeRecords } from './record-sweep.ts'
import { tombstones } from './record-tombstones.ts'
import type { OwnedRecord, RecordRow } from './records.ts'
import { replayLedger } from './replay-ledger.ts'

/** What a record owner works on. */
export interface RecordOwnerOptions {
  readonly storage: DurableObjectStorage
  /** For messages. */
  readonly name: string
  readonly entity: Entity
  readonly shard: number
  readonly store: FeatureStore
  /** The most records of one object that events alone make; default 50,000 on a page, else 1,000,000. */
  readonly maxUnpushed?: number
}

const MAX_UNPUSHED = { paged: 50_000, keyed: 1_000_000 } as const
/** How long what arrives for somebody who was forgotten is dropped. */
const FORGOTTEN_MS = 30 * DAY_MS

/**
 * The records of one shard: what is pushed and what events make of them. Synchronous, each call one
 * transaction; time is the caller's. Whoever changes something arms the publisher's alarm after it.
 */
export class RecordOwner {
  readonly publisher: RecordPublisher
  readonly rows: ApplyRows & CheckpointRows

  constructor({ storage, name, entity, shard, store, maxUnpushed }: RecordOwnerOptions) {
    const state = ownerState(storage)
    this.rows = {
      ...{ storage, entity, shard, state },
      records: recordRows(storage, entity.layout, state),
      aggregates: aggregateRows(storage, entity.layout),
      dedupe: dedupeRows(storage),
      tombstones: tombstones(storage),
      ledger: replayLedger(storage),
      maxUnpushed: maxUnpushed ?? MAX_UNPUSHED[entity.layout],
    }
    this.publisher = recordPublisher({ ...this.rows, storage, name, store })
  }

  /** Applies pushed rows in their order, all or none. Who was forgotten is known again. */
  upsert(rows: readonly RecordRow[]): void {
    const { state, records, aggregates, tombstones } = this.rows
    const ids = rows.map(({ id }) => id)
    state.transaction(() => {
      const { slots, unpushed } = state.get()
      const before = unpushed > 0 ? aggregates.unpushedAmong(ids) : 0
      tombstones.remove(ids)
      records.upsert(rows)
      const after = before > 0 ? aggregates.unpushedAmong(ids) : 0
      if (after < before) state.set({ unpushed: unpushed - before + after })
      // The page has yet to show what was counted before the record had a slot.
      const { aggregatesRevision } = state.get()
      if (state.get().slots > slots && !aggregates.empty)
        state.set({ aggregatesRevision: aggregatesRevision + 1 })
    })
  }

  /** A record as of a time; null where nobody pushed it and no event touched it. */
  read(id: string, nowMs: number): OwnedRecord | null {
    const { entity, state, records, aggregates } = this.rows
    const record = records.read(id)
    const bytes = aggregates.read([id]).get(id)
    if (!record && !bytes) return null
    const set = entity.aggregates
    const values = set.valuesAt(bytes ? set.decode(bytes) : set.create(), nowMs)
    const { publishedAtMs, publishedSlots } = state.get()
    const inPage = record && record.slot < publishedSlots ? publishedAtMs : null
    return {
      id,
      fields: Object.fromEntries([
        ...storedValues(record?.fields ?? new Map()),
        ...[...values].map(([name, value]) => [name, shown(value)] as const),
      ]),
      publishedAtMs: entity.layout === 'paged' ? inPage : (record?.publishedAtMs ?? null),
    }
  }

  remove(id: string): void {
    removeRecords(this.rows, [id])
  }

  /**
   * Removes a record, or all that are about somebody where records are of pairs, and drops what arrives for
   * them for 30 days.
   */
  forget(id: string, nowMs: number): void {
    const { entity, storage, state, tombstones } = this.rows
    state.transaction(() => {
      tombstones.add([id], nowMs + FORGOTTEN_MS)
      expectSweep(this.rows, nowMs)
      removeRecords(this.rows, entity.parts === null ? [id] : pairsOf(storage, id))
    })
  }

  /** See {@link applyChanges}. */
  apply(changes: readonly RecordChange[], nowMs: number): ApplyReport {
    return this.rows.state.transaction(() => {
      expectSweep(this.rows, nowMs)
      return applyChanges(this.rows, changes, nowMs)
    })
  }

  /** See {@link replayChanges}. */
  replay(part: ReplayPart, changes: readonly RecordChange[], nowMs: number): ApplyReport | null {
    return this.rows.state.transaction(() => {
      if (changes.length > 0) expectSweep(this.rows, nowMs)
      return replayChanges(this.rows, part, changes, nowMs)
    })
  }

  /** See {@link restorePart}. */
  restore(bytes: Uint8Array, nowMs: number): void {
    restorePart(this.rows, bytes, nowMs)
  }
}

/** As it can be written down: of a set of ids, how many there are. */
function shown(stored: StoredValue): StoredValue {
  const { value } = stored
  return isIdSet(value) ? { ...stored, value: value.size as FieldValue } : stored
}

/** The ids of pairs that somebody is part of. */
function pairsOf({ sql }: DurableObjectStorage, id: string): string[] {
  const rows = sql.exec<{ id: string }>(
    `SELECT id FROM aggregates WHERE instr(':' || id || ':', ?1) > 0
     UNION SELECT id FROM records WHERE fields IS NOT NULL AND instr(':' || id || ':', ?1) > 0`,
    `:${pairId([id])}:`,
  )
  return [...rows].map((row) => row.id)
}
