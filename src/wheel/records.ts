import type { DurableObject } from 'cloudflare:workers'
import type { Entity } from '../core/entity.ts'
import type { FieldValue } from '../core/field.ts'
import type { StoredValue } from '../core/record.ts'
import type { FeatureStore } from '../store/feature-store.ts'

/** Values somebody pushes for one record, valid by the entity's definition. */
export interface RecordRow {
  readonly id: string
  /** A null removes the attribute. */
  readonly attributes: Readonly<Record<string, FieldValue | null>>
  /** Per attribute the later one wins; of equals, the one that arrives later. */
  readonly updatedAtMs: number
}

/** A record as its owner has it. */
export interface OwnedRecord {
  readonly id: string
  readonly fields: Readonly<Record<string, StoredValue>>
  /** When readers could last see this record's state of that time, epoch ms; null: not published yet. */
  readonly publishedAtMs: number | null
}

/** How far the first load of an entity has come, and since when, epoch ms. */
export interface ImportState {
  readonly state: 'none' | 'running' | 'done'
  /** Of `done`: every table with `asOfMs` of at least this holds all that was imported. */
  readonly atMs: number
}

/** What a record-owning object answers to; one object per entity and shard, named by `ownerName`. */
export interface RecordsRpc extends Rpc.DurableObjectBranded {
  /** Applies all rows in one transaction, in their order. */
  upsert(entity: string, rows: readonly RecordRow[]): Promise<void>
  read(entity: string, id: string): Promise<OwnedRecord | null>
  /** Hides the record from the next page on, or deletes its published value. Unknown ids are no error. */
  remove(entity: string, id: string): Promise<void>
  /** Publishes now, changed or not; answers the time that readers will find as `asOfMs`. Rejects where the store fails. */
  flush(entity: string): Promise<number>
  /** Live records. */
  count(): Promise<number>
  markImport(entity: string, state: 'running' | 'done', atMs: number): Promise<void>
  importState(entity: string): Promise<ImportState>
}

/** What {@link recordsClass} takes: the definitions, and how to reach the store from bindings. */
export interface RecordsOptions<Env> {
  readonly entities: readonly Entity[]
  readonly storeOf: (env: Env) => FeatureStore
}

/** The class of the objects that own all records of `entities`; export it under the name that the bindings use. */
export function recordsClass<Env>(
  _options: RecordsOptions<Env>,
): new (
  ctx: DurableObjectState,
  env: Env,
) => DurableObject<Env> & RecordsRpc {
  throw new Error('to come')
}
