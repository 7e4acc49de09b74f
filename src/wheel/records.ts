import { DurableObject } from 'cloudflare:workers'
import type { Entity } from '../core/entity.ts'
import { EdgewheelError } from '../core/errors.ts'
import type { FieldValue } from '../core/field.ts'
import type { StoredValue } from '../core/record.ts'
import type { FeatureStore } from '../store/feature-store.ts'
import type { RecordChange } from './apply-changes.ts'
import type { ApplyReport, ReplayPart } from './apply-rows.ts'
import { type CheckpointCursor, type CheckpointPart, checkpointPart } from './record-checkpoint.ts'
import { RecordOwner } from './record-owner.ts'

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
  /** When this record was last published, epoch ms; null: never yet. */
  readonly publishedAtMs: number | null
}

/** How far the first load of an entity has come, and since when, epoch ms. */
export interface ImportState {
  readonly state: 'none' | 'running' | 'done'
  /** Of `done`: every table with `asOfMs` of at least this holds all that was imported. */
  readonly atMs: number
}

/** Changes that one object counts, drops or comes too late for, since it began. */
export interface OwnerCounts {
  /** Records that events alone made. */
  readonly unpushed: number
  readonly late: number
  readonly dropped: number
}

/** What a record-owning object answers to; one object per entity and shard, named by `ownerName`. */
export interface RecordsRpc extends Rpc.DurableObjectBranded {
  /** Applies all rows in one transaction, in their order. */
  upsert(entity: string, rows: readonly RecordRow[]): Promise<void>
  read(entity: string, id: string): Promise<OwnedRecord | null>
  /** Hides the record from the next page on, or deletes its published value. Unknown ids are no error. */
  remove(entity: string, id: string): Promise<void>
  /** Removes all about somebody, and drops what arrives for them for 30 days, or until they are pushed again. */
  forget(entity: string, id: string): Promise<void>
  /** Lifts the tombstones of those who were forgotten. */
  remember(entity: string, ids: readonly string[]): Promise<void>
  /** Applies what events change, each event once, and keeps their keys in the same transaction. */
  apply(entity: string, changes: readonly RecordChange[]): Promise<ApplyReport>
  /** Applies a part of a history; null, and nothing changes, where a part before it is lacking. */
  replay(
    entity: string,
    part: ReplayPart,
    changes: readonly RecordChange[],
  ): Promise<ApplyReport | null>
  /** The number of the next event of a history that has not been applied. */
  replayed(entity: string, replay: string): Promise<number>
  /** A part of all that the object knows; without a cursor, the first. */
  checkpoint(
    entity: string,
    cursor: CheckpointCursor | null,
    asOfMs: number,
  ): Promise<CheckpointPart>
  /** Takes over a part of a checkpoint; the first one replaces all that the object knows. */
  restore(entity: string, bytes: Uint8Array): Promise<void>
  /** Publishes now, changed or not; answers the time that readers will find as `asOfMs`. Rejects where the store fails. */
  flush(entity: string): Promise<number>
  /** Live records that somebody pushed, or that are published. */
  count(): Promise<number>
  counts(): Promise<OwnerCounts>
  markImport(entity: string, state: 'running' | 'done', atMs: number): Promise<void>
  importState(entity: string): Promise<ImportState>
}

/** What {@link recordsClass} takes: the definitions, and how to reach the store from bindings. */
export interface RecordsOptions<Env> {
  readonly entities: readonly Entity[]
  readonly storeOf: (env: Env) => FeatureStore
}

/** The class of the objects that own all records of `entities`; export it under the name that the bindings use. */
export function recordsClass<Env>({
  entities,
  storeOf,
}: RecordsOptions<Env>): new (
  ctx: DurableObjectState,
  env: Env,
) => DurableObject<Env> & RecordsRpc {
  return class Records extends DurableObject<Env> implements RecordsRpc {
    readonly #entity: Entity
    readonly #owner: RecordOwner

    constructor(ctx: DurableObjectState, env: Env) {
      super(ctx, env)
      const { name = '' } = ctx.id
      const { entity, shard } = named(name, entities)
      this.#entity = entity
      this.#owner = new RecordOwner({
        ...{ storage: ctx.storage, name, entity, shard, store: storeOf(env) },
      })
    }

    upsert(entity: string, rows: readonly RecordRow[]): Promise<void> {
      return this.#change(entity, (owner) => owner.upsert(rows))
    }

    async read(entity: string, id: string): Promise<OwnedRecord | null> {
      return this.#of(entity).read(id, Date.now())
    }

    remove(entity: string, id: string): Promise<void> {
      return this.#change(entity, (owner) => owner.remove(id))
    }

    forget(entity: string, id: string): Promise<void> {
      return this.#change(entity, (owner) => owner.forget(id, Date.now()))
    }

    async remember(entity: string, ids: readonly string[]): Promise<void> {
      this.#of(entity).rows.tombstones.remove(ids)
    }

    apply(entity: string, changes: readonly RecordChange[]): Promise<ApplyReport> {
      return this.#change(entity, (owner) => owner.apply(changes, Date.now()))
    }

    replay(
      entity: string,
      part: ReplayPart,
      changes: readonly RecordChange[],
    ): Promise<ApplyReport | null> {
      return this.#change(entity, (owner) => owner.replay(part, changes, Date.now()))
    }

    async replayed(entity: string, replay: string): Promise<number> {
      return this.#of(entity).rows.ledger.next(replay)
    }

    async checkpoint(
      entity: string,
      cursor: CheckpointCursor | null,
      asOfMs: number,
    ): Promise<CheckpointPart> {
      return checkpointPart(this.#of(entity).rows, cursor, asOfMs)
    }

    restore(entity: string, bytes: Uint8Array): Promise<void> {
      return this.#change(entity, (owner) => owner.restore(bytes, Date.now()))
    }

    async flush(entity: string): Promise<number> {
      return this.#of(entity).publisher.flush()
    }

    async count(): Promise<number> {
      return this.#owner.rows.records.count()
    }

    async counts(): Promise<OwnerCounts> {
      const { unpushed, late, dropped } = this.#owner.rows.state.get()
      return { unpushed, late, dropped }
    }

    async markImport(entity: string, state: 'running' | 'done', atMs: number): Promise<void> {
      this.#of(entity).rows.state.set({ importState: state, importAtMs: atMs })
    }

    async importState(entity: string): Promise<ImportState> {
      const { importState, importAtMs } = this.#of(entity).rows.state.get()
      return { state: importState, atMs: importAtMs }
    }

    override alarm(): Promise<void> {
      return this.#owner.publisher.alarm()
    }

    /** A change and the alarm for what follows from it: both are written, or neither. */
    async #change<T>(entity: string, work: (owner: RecordOwner) => T): Promise<T> {
      const owner = this.#of(entity)
      const armedMs = await owner.publisher.armed()
      const result = work(owner)
      // No await since the change.
      await owner.publisher.arm(armedMs)
      return result
    }

    #of(entity: string): RecordOwner {
      if (entity !== this.#entity.name)
        throw new EdgewheelError(
          'invalid_definition',
          `this object owns records of ${this.#entity.name}, not of ${entity}`,
        )
      return this.#owner
    }
  }
}

function named(name: string, entities: readonly Entity[]): { entity: Entity; shard: number } {
  const [entityName, shardText] = name.split('/')
  const entity = entities.find((one) => one.name === entityName)
  const shard = Number(shardText)
  if (!entity || !Number.isInteger(shard) || shard < 0 || shard >= entity.shards)
    throw new EdgewheelError(
      'invalid_definition',
      `no records are owned by an object named '${name}'`,
    )
  return { entity, shard }
}
