import type { Entity } from '../core/entity.ts'
import { EdgewheelError } from '../core/errors.ts'
import { shardOf } from '../core/shard.ts'
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

const CALLS_AT_ONCE = 6

/** The name of the object that owns one shard of an entity. */
export function ownerName(entity: string, shard: number): string {
  return `${entity}/${shard}`
}

/** A client of the record-owning objects behind `namespace`. Unknown entities reject with `invalid_definition`. */
export function recordOwners(
  namespace: DurableObjectNamespace<RecordsRpc>,
  entities: readonly Entity[],
): RecordOwners {
  const byName = new Map(entities.map((entity) => [entity.name, entity]))

  function shardsOf(entity: string): number {
    const shards = byName.get(entity)?.shards
    if (shards === undefined)
      throw new EdgewheelError('invalid_definition', `no entity is named '${entity}'`)
    return shards
  }

  const ownerAt = (entity: string, shard: number) => namespace.getByName(ownerName(entity, shard))
  const ownerOf = (entity: string, id: string) => ownerAt(entity, shardOf(id, shardsOf(entity)))

  function ofAllShards<R>(entity: string, call: (shard: number) => Promise<R>): Promise<R[]> {
    return eachOf([...Array(shardsOf(entity)).keys()], call)
  }

  async function flush(entity: string): Promise<number> {
    return Math.min(...(await ofAllShards(entity, (shard) => ownerAt(entity, shard).flush(entity))))
  }

  return {
    async upsert(entity, rows) {
      const shards = shardsOf(entity)
      const byShard = Map.groupBy(rows, ({ id }) => shardOf(id, shards))
      await eachOf([...byShard], ([shard, mine]) => ownerAt(entity, shard).upsert(entity, mine))
    },
    // Sets of ids do not cross: of those, owners tell the size.
    read: async (entity, id) => ownerOf(entity, id).read(entity, id) as Promise<OwnedRecord | null>,
    remove: async (entity, id) => ownerOf(entity, id).remove(entity, id),
    flush,
    async count(entity) {
      const counts = await ofAllShards(entity, (shard) => ownerAt(entity, shard).count())
      return counts.reduce((sum, count) => sum + count, 0)
    },
    async markImport(entity, state) {
      // The time of the oldest page with everything in it, and not of now: readers compare it with theirs.
      const atMs = state === 'done' ? await flush(entity) : Date.now()
      await ownerAt(entity, 0).markImport(entity, state, atMs)
    },
    async importState(entity) {
      shardsOf(entity)
      return ownerAt(entity, 0).importState(entity)
    },
  }
}

/** Answers in the order of `items`, at most {@link CALLS_AT_ONCE} calls at once. */
export async function eachOf<T, R>(
  items: readonly T[],
  call: (item: T) => Promise<R>,
): Promise<R[]> {
  const answers = new Array<R>(items.length)
  let next = 0
  const lane = async () => {
    while (next < items.length) {
      const at = next++
      answers[at] = await call(items[at])
    }
  }
  await Promise.all(Array.from({ length: Math.min(CALLS_AT_ONCE, items.length) }, lane))
  return answers
}
