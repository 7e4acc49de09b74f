import type { Entity } from '../core/entity.ts'
import { shardOf } from '../core/shard.ts'
import type { ChangesByEntity, RecordChange } from './apply-changes.ts'
import type { ApplyReport } from './apply-rows.ts'
import { eachOf, ownerName } from './record-owners.ts'
import type { RecordsRpc } from './records.ts'

/** The way of events to the objects that own records. */
export interface EventOwners {
  /**
   * Applies changes, each once however often it comes. Rejects if one owner failed; those of the others
   * are applied then.
   */
  apply(changes: ChangesByEntity): Promise<ApplyReport>
}

/** The most changes of one call: a few MB of a call's 32. */
const CHANGES_PER_CALL = 4_000

/** A client of the record-owning objects behind `namespace`. */
export function eventOwners(
  namespace: DurableObjectNamespace<RecordsRpc>,
  entities: readonly Entity[],
): EventOwners {
  const shards = new Map(entities.map((entity) => [entity.name, entity.shards]))
  return {
    async apply(changes) {
      const calls: { entity: string; shard: number; part: readonly RecordChange[] }[] = []
      for (const [entity, list] of changes)
        for (const [shard, mine] of byShard(list, shards.get(entity) ?? 1))
          for (let at = 0; at < mine.length; at += CHANGES_PER_CALL)
            calls.push({ entity, shard, part: mine.slice(at, at + CHANGES_PER_CALL) })
      const reports = await eachOf(calls, async ({ entity, shard, part }) =>
        namespace.getByName(ownerName(entity, shard)).apply(entity, part),
      )
      return sumOf(reports)
    },
  }
}

/** The changes of each shard in their order; one of records of several shards goes to each of them. */
export function byShard(
  changes: readonly RecordChange[],
  shards: number,
): ReadonlyMap<number, readonly RecordChange[]> {
  const parts = new Map<number, RecordChange[]>()
  for (const change of changes)
    for (const [shard, ids] of Map.groupBy(change.ids, (id) => shardOf(id, shards))) {
      const mine = ids.length === change.ids.length ? change : { ...change, ids }
      const part = parts.get(shard)
      if (part) part.push(mine)
      else parts.set(shard, [mine])
    }
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
