import type { Entity } from '../core/entity.ts'
import { shardOf } from '../core/shard.ts'
import type { ChangesByEntity, RecordChange } from './apply-changes.ts'
import type { ApplyReport, ReplayPart } from './apply-rows.ts'
import { eachOf, ownerName } from './record-owners.ts'
import type { RecordsRpc } from './records.ts'

/** The way of events to the objects that own records. */
export interface EventOwners {
  /**
   * Applies changes, each once however often it comes. Rejects if one owner failed; those of the others
   * are applied then.
   */
  apply(changes: ChangesByEntity): Promise<ApplyReport>
  /**
   * Applies a part of a history to all owners of the entities named: those that nothing in it touches
   * note how far it has come. Rejects if one failed, and then the part may be brought again; null where an
   * owner lacks a part before it, which nothing else makes up for.
   */
  replay(
    part: ReplayPart,
    changes: ReadonlyMap<string, readonly RecordChange[]>,
    names: readonly string[],
  ): Promise<ApplyReport | null>
  /** The number of the next event that some owner of the entities named has not applied. */
  replayed(replay: string, names: readonly string[]): Promise<number>
  /**
   * Removes all that owners keep about somebody, and has them drop what arrives for them for 30 days:
   * records of `entity` and of pairs that they are part of. What others counted of their events stays.
   */
  forget(entity: string, id: string): Promise<void>
}

/** The most changes of one call: a few MB of a call's 32. */
const CHANGES_PER_CALL = 4_000

/** A client of the record-owning objects behind `namespace`. */
export function eventOwners(
  namespace: DurableObjectNamespace<RecordsRpc>,
  entities: readonly Entity[],
): EventOwners {
  const shards = new Map(entities.map((entity) => [entity.name, entity.shards]))
  const ownerAt = (entity: string, shard: number) => namespace.getByName(ownerName(entity, shard))
  const shardsOf = (names: readonly string[]) =>
    names.flatMap((entity) =>
      Array.from({ length: shards.get(entity) ?? 0 }, (_, shard) => ({ entity, shard })),
    )
  return {
    async apply(changes) {
      const calls: { entity: string; shard: number; part: readonly RecordChange[] }[] = []
      for (const [entity, list] of changes)
        for (const [shard, mine] of byShard(list, shards.get(entity) ?? 1))
          for (let at = 0; at < mine.length; at += CHANGES_PER_CALL)
            calls.push({ entity, shard, part: mine.slice(at, at + CHANGES_PER_CALL) })
      const reports = await eachOf(calls, async ({ entity, shard, part }) =>
        ownerAt(entity, shard).apply(entity, part),
      )
      return sumOf(reports)
    },
    async replay(part, changes, names) {
      const parts = new Map(
        names.map((entity) => [
          entity,
          byShard(changes.get(entity) ?? [], shards.get(entity) ?? 1),
        ]),
      )
      const reports = await eachOf(shardsOf(names), async ({ entity, shard }) =>
        ownerAt(entity, shard).replay(entity, part, parts.get(entity)?.get(shard) ?? []),
      )
      const known = reports.filter((report) => report !== null)
      return known.length < reports.length ? null : sumOf(known)
    },
    async replayed(replay, names) {
      const marks = await eachOf(shardsOf(names), async ({ entity, shard }) =>
        ownerAt(entity, shard).replayed(entity, replay),
      )
      return Math.min(...marks)
    },
    async forget(entity, id) {
      const whole = entities.filter(({ name, parts }) => parts === null && name === entity)
      const pairs = entities.filter(({ parts }) => parts?.some((part) => part.entity === entity))
      const calls = [
        ...whole.map(({ name }) => ({ name, shard: shardOf(id, shards.get(name) ?? 1) })),
        ...shardsOf(pairs.map(({ name }) => name)).map(({ entity: name, shard }) => ({
          name,
          shard,
        })),
      ]
      await eachOf(calls, async ({ name, shard }) => ownerAt(name, shard).forget(name, id))
    },
  }
}

/** The changes of each shard in their order; one of records of several shards goes to each of them. */
export function byShard(
  changes: readonly RecordChange[],
  shards: number,
): ReadonlyMap<number, readonly RecordChange[]> {
  const parts = new Map<number, RecordChange[]>()
  const add = (shard: number, change: RecordChange) => {
    const part = parts.get(shard)
    if (part) part.push(change)
    else parts.set(shard, [change])
  }
  for (const change of changes)
    if (change.ids.length === 1) add(shardOf(change.ids[0], shards), change)
    else
      for (const [shard, ids] of Map.groupBy(change.ids, (id) => shardOf(id, shards)))
        add(shard, { ...change, ids })
  return parts
}

/** Reports of several owners as one. */
export function sumOf(reports: readonly ApplyReport[]): ApplyReport {
  const sum = (of: (report: ApplyReport) => number) =>
    reports.reduce((total, report) => total + of(report), 0)
  return {
    applied: sum(({ applied }) => applied),
    repeated: sum(({ repeated }) => repeated),
    late: sum(({ late }) => late),
    dropped: sum(({ dropped }) => dropped),
  }
}
