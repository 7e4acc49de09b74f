import type { Entity } from '../core/entity.ts'
import { shardOf } from '../core/shard.ts'
import { eachOf, ownerName } from './record-owners.ts'
import type { RecordsRpc } from './records.ts'

/** The way to all objects that own records about somebody. */
export interface PersonalRecords {
  /** Sets tombstones, and removes the records. */
  forget(pseudonym: string): Promise<void>
  /** Deletes what is published of them; resolves when that is done. Rejects where the store fails. */
  unpublish(pseudonyms: readonly string[]): Promise<void>
  /** Lifts the tombstones of owners. */
  remember(pseudonyms: readonly string[]): Promise<void>
}

/** What {@link personalRecords} needs. */
export interface PersonalRecordsOptions {
  readonly namespace: DurableObjectNamespace<RecordsRpc>
  readonly entities: readonly Entity[]
  /** Whether records of an entity are about people, and kept under pseudonyms. */
  readonly isPersonal: (entity: Entity) => boolean
}

/** A client of the owners of people's records, and of pairs that people are part of. */
export function personalRecords({
  namespace,
  entities,
  isPersonal,
}: PersonalRecordsOptions): PersonalRecords {
  /** A person has one record of an entity; of pairs, some in every shard. */
  const shardsOf = ({ parts, shards }: Entity, pseudonym: string): number[] =>
    parts === null ? [shardOf(pseudonym, shards)] : [...Array(shards).keys()]
  const concerned = entities.filter((entity) => entity.parts !== null || isPersonal(entity))

  /** Each owner once, with those it owns records of. */
  function ownersOf(pseudonyms: readonly string[]) {
    const owners = new Map<string, { entity: string; shard: number; ids: string[] }>()
    for (const entity of concerned)
      for (const pseudonym of pseudonyms)
        for (const shard of shardsOf(entity, pseudonym)) {
          const name = ownerName(entity.name, shard)
          const owner = owners.get(name) ?? { entity: entity.name, shard, ids: [] }
          owners.set(name, owner)
          owner.ids.push(pseudonym)
        }
    return [...owners.values()]
  }

  const ownerAt = ({ entity, shard }: { entity: string; shard: number }) =>
    namespace.getByName(ownerName(entity, shard))

  return {
    async forget(pseudonym) {
      await eachOf(ownersOf([pseudonym]), (at) => ownerAt(at).forget(at.entity, pseudonym))
    },
    async unpublish(pseudonyms) {
      await eachOf(ownersOf(pseudonyms), (at) => ownerAt(at).flush(at.entity))
    },
    async remember(pseudonyms) {
      await eachOf(ownersOf(pseudonyms), (at) => ownerAt(at).remember(at.entity, at.ids))
    },
  }
}
