import { mulberry32 } from '../../src/core/mulberry32.ts'
import { memoryStore } from '../../src/store/memory.ts'
import { applyOutcomes } from '../../src/wheel/apply.ts'
import { eventOwners } from '../../src/wheel/apply-owners.ts'
import { PART_FORMATS } from '../../src/wheel/lake.ts'
import { outcomeOf } from '../../src/wheel/lake-outcome.ts'
import { readPart } from '../../src/wheel/lake-parquet.ts'
import type { CheckpointCursor, CheckpointPart } from '../../src/wheel/record-checkpoint.ts'
import { ownerName } from '../../src/wheel/record-owners.ts'
import { type RecordsRpc, recordsClass } from '../../src/wheel/records.ts'
import { ENTITIES, EVENTS } from './definitions.ts'
import { SimulatedNamespace } from './objects.ts'
import type { World } from './world.ts'

/** All parts of a checkpoint by the name of the object they are of. */
export type Checkpoint = ReadonlyMap<string, readonly Uint8Array[]>

/** All that owners know, as of the world's time. */
export async function checkpointOf(
  records: SimulatedNamespace,
  nowMs: number,
): Promise<Checkpoint> {
  const checkpoint = new Map<string, Uint8Array[]>()
  for (const { name, shards } of ENTITIES)
    for (let shard = 0; shard < shards; shard++) {
      const object = records.object(ownerName(name, shard))
      const parts: Uint8Array[] = []
      let cursor: CheckpointCursor | null = null
      do {
        const part = (await object.call(
          'checkpoint',
          [name, cursor, nowMs],
          null,
        )) as CheckpointPart
        parts.push(part.bytes)
        cursor = part.next
      } while (cursor !== null)
      checkpoint.set(ownerName(name, shard), parts)
    }
  return checkpoint
}

/** Owners made anew from a checkpoint (null: from nothing) and every event of the lake, in any order. */
export async function rebuilt(
  world: World,
  from: Checkpoint | null,
  seed: number,
): Promise<SimulatedNamespace> {
  const store = memoryStore()
  const Records = recordsClass<null>({ entities: ENTITIES, storeOf: () => store })
  const records = new SimulatedNamespace(
    (ctx) => new Records(ctx, null),
    () => null,
  )
  for (const [name, parts] of from ?? [])
    for (const part of parts)
      await records.object(name).call('restore', [name.split('/')[0], part], null)
  const random = mulberry32(seed)
  const events = []
  for (const [key, bytes] of world.bucket.objects)
    if (key.startsWith('events/kind=outcome/'))
      for (const row of await readPart(PART_FORMATS.outcome, bytes))
        events.push({ event: outcomeOf(row), at: random() })
  events.sort((a, b) => a.at - b.at)
  const options = {
    entities: new Map(ENTITIES.map((entity) => [entity.name, entity])),
    events: EVENTS,
    eventOwners: eventOwners(records.stubs<RecordsRpc>(), ENTITIES),
    ...({} as { tables: never; owners: never }),
  }
  while (events.length > 0)
    await applyOutcomes(
      options,
      events.splice(0, 200).map(({ event }) => event),
    )
  return records
}
