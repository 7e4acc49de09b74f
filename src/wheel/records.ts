import { DurableObject } from 'cloudflare:workers'
import type { Entity } from '../core/entity.ts'
import { EdgewheelError } from '../core/errors.ts'
import type { FieldValue } from '../core/field.ts'
import type { StoredValue } from '../core/record.ts'
import type { FeatureStore } from '../store/feature-store.ts'
import { storedValues } from './record-fields.ts'
import { publish } from './record-publish.ts'
import { type RecordRows, recordRows } from './record-rows.ts'

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

/** A burst of changes becomes one publication. */
const GATHER_MS = 250
/** How often a record of its own may be published, ms; a driver that spreads faster allows more. */
const RECORD_INTERVAL_MS = 10_000
/** KV takes one write a second for a key. */
const FLUSH_INTERVAL_MS = 1_000
const FIRST_RETRY_MS = 1_000
const LAST_RETRY_MS = 60_000

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
    readonly #shard: number
    readonly #store: FeatureStore
    readonly #rows: RecordRows
    #failures = 0
    #retryAtMs = 0
    #underWay = 0
    /** Settles when the publications under way have; never rejects. */
    #published: Promise<void> = Promise.resolve()

    constructor(ctx: DurableObjectState, env: Env) {
      super(ctx, env)
      const { entity, shard } = named(ctx.id.name, entities)
      this.#entity = entity
      this.#shard = shard
      this.#store = storeOf(env)
      this.#rows = recordRows(ctx.storage, entity.layout)
    }

    async upsert(entity: string, rows: readonly RecordRow[]): Promise<void> {
      this.#check(entity)
      const armedMs = await this.ctx.storage.getAlarm()
      this.#rows.upsert(rows)
      // No await since the change: both are written, or neither.
      await this.#arm(armedMs)
    }

    async read(entity: string, id: string): Promise<OwnedRecord | null> {
      this.#check(entity)
      const record = this.#rows.read(id)
      if (!record) return null
      const { publishedAtMs, publishedSlots } = this.#rows.state()
      const inPage = record.slot < publishedSlots ? publishedAtMs : null
      return {
        id,
        fields: Object.fromEntries(storedValues(record.fields ?? new Map())),
        publishedAtMs: this.#entity.layout === 'paged' ? inPage : record.publishedAtMs,
      }
    }

    async remove(entity: string, id: string): Promise<void> {
      this.#check(entity)
      const armedMs = await this.ctx.storage.getAlarm()
      this.#rows.remove(id)
      await this.#arm(armedMs)
    }

    async flush(entity: string): Promise<number> {
      this.#check(entity)
      const soonestMs = this.#rows.state().publishedAtMs + FLUSH_INTERVAL_MS
      if (Date.now() < soonestMs) await scheduler.wait(soonestMs - Date.now())
      return this.#publish()
    }

    async count(): Promise<number> {
      return this.#rows.count()
    }

    async markImport(entity: string, state: 'running' | 'done', atMs: number): Promise<void> {
      this.#check(entity)
      this.#rows.setState({ importState: state, importAtMs: atMs })
    }

    async importState(entity: string): Promise<ImportState> {
      this.#check(entity)
      const { importState, importAtMs } = this.#rows.state()
      return { state: importState, atMs: importAtMs }
    }

    /** Never rejects for what the store does: the platform gives up after six retries. */
    override async alarm(): Promise<void> {
      if (this.#underWay > 0) await this.#published
      else if (this.#dirty()) await this.#publish().catch(() => {})
      // Outside of the catch: should even this fail, the platform's own retries are what is left.
      await this.#arm(await this.ctx.storage.getAlarm())
    }

    #check(entity: string): void {
      if (entity !== this.#entity.name)
        throw new EdgewheelError(
          'invalid_definition',
          `this object owns records of ${this.#entity.name}, not of ${entity}`,
        )
    }

    #dirty(): boolean {
      const { revision, publishedRevision } = this.#rows.state()
      return revision > publishedRevision
    }

    /** One publication after the other: of two under way the older could be written last. */
    #publish(): Promise<number> {
      this.#underWay++
      const asOfMs = this.#published.then(() => this.#publishNow())
      const ended = () => void this.#underWay--
      this.#published = asOfMs.then(ended, ended)
      return asOfMs
    }

    async #publishNow(): Promise<number> {
      // Later than the last one's, so that readers can tell them apart.
      const asOfMs = Math.max(Date.now(), this.#rows.state().publishedAtMs + 1)
      try {
        await publish({
          entity: this.#entity,
          shard: this.#shard,
          rows: this.#rows,
          store: this.#store,
          asOfMs,
        })
        this.#failures = 0
        this.#retryAtMs = 0
      } catch (error) {
        const backoffMs = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** this.#failures++)
        this.#retryAtMs = Date.now() + backoffMs
        console.error(`${this.ctx.id.name}: not published, again in ${backoffMs} ms:`, error)
        throw error
      } finally {
        // An alarm for what a flush has published would come too soon for what follows.
        if ((await this.ctx.storage.getAlarm()) !== null) await this.ctx.storage.deleteAlarm()
        await this.#arm(null)
      }
      return asOfMs
    }

    async #arm(armedMs: number | null): Promise<void> {
      if (!this.#dirty()) return
      const { publishedAtMs } = this.#rows.state()
      const { refreshMs } = this.#store
      const intervalMs =
        this.#entity.layout === 'paged' ? refreshMs : Math.min(refreshMs, RECORD_INTERVAL_MS)
      const dueMs = Math.max(Date.now() + GATHER_MS, publishedAtMs + intervalMs, this.#retryAtMs)
      if (armedMs === null || armedMs > dueMs) await this.ctx.storage.setAlarm(dueMs)
    }
  }
}

function named(
  name: string | undefined,
  entities: readonly Entity[],
): { entity: Entity; shard: number } {
  const [entityName, shardText] = (name ?? '').split('/')
  const entity = entities.find((one) => one.name === entityName)
  const shard = Number(shardText)
  if (!entity || !Number.isInteger(shard) || shard < 0 || shard >= entity.shards)
    throw new EdgewheelError(
      'invalid_definition',
      `no records are owned by an object named '${name}'`,
    )
  return { entity, shard }
}
