import type { Entity } from '../core/entity.ts'
import type { ImportState, OwnedRecord, RecordRow, RecordsRpc } from './records.ts'

/** The way to the objects that own records: finds the shard, at most 6 calls at once. */
export interface RecordOwners {
  /** Applies the rows; each shard's rows in one transaction. */
  upsert(entity: string, rows: readonly RecordRow[]): Promise<void>
  /** The record from its owner, so never stale; null where there is none. */
  read(entity: string, id: string): Promise<OwnedRecord | null>
  remove(entity: string, id: string): Promise<void>
  /** Publishes all shards now; the oldest `asOfMs` among them. */
  flush(entity: string): Promise<number>
  count(entity: string): Promise<number>
  /** Marks where the first load stands; `done` publishes everything first. */
  markImport(entity: string, state: 'running' | 'done'): Promise<void>
  importState(entity: string): Promise<ImportState>
}

/** A client of the record-owning objects behind `namespace`. Unknown entities reject with `invalid_definition`. */
export function recordOwners(
  _namespace: DurableObjectNamespace<RecordsRpc>,
  _entities: readonly Entity[],
): RecordOwners {
  throw new Error('to come')
}
