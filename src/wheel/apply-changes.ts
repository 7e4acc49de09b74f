import type { Entity } from '../core/entity.ts'
import type { EventType } from '../core/event.ts'
import { type EventView, eventView, type OutcomeEvent } from '../core/event-envelope.ts'
import { dedupeKey, retractionKey } from '../core/event-key.ts'
import { recordsOf, type TextsOf, touches } from '../core/event-records.ts'

/** What an event does to the records of one entity. */
export interface RecordChange {
  /** Ids of the records, each once. */
  readonly ids: readonly string[]
  readonly event: EventView
  /** Takes back what has the same key, instead of counting. */
  readonly retraction: boolean
  /** Of the event, or of what it takes back: see `dedupeKey`. */
  readonly key: string
  /** See `retractionKey`. */
  readonly retractionKey: string
  /** The time that finds the row of its keys, epoch ms. */
  readonly keyTimeMs: number
  /** Its place in a history, see {@link changesOf}. */
  readonly sequence: number
  /** Nobody waits for it: it alone is no reason to publish a record. */
  readonly quiet: boolean
}

/** Changes by the name of the entity whose records they are about. */
export type ChangesByEntity = ReadonlyMap<string, readonly RecordChange[]>

/** The definitions that say what an event changes. */
export interface ChangeDefinitions {
  readonly entities: ReadonlyMap<string, Entity>
  readonly events: ReadonlyMap<string, EventType>
}

/**
 * What counted events change. Types that are not declared (any more) change nothing. `sequences` says where
 * each event stands in a history.
 */
export function changesOf(
  { entities, events: types }: ChangeDefinitions,
  events: readonly OutcomeEvent[],
  textsOf: TextsOf,
  sequences: readonly number[] = [],
): ChangesByEntity {
  const changes = new Map<string, RecordChange[]>()
  const counting = countingEntities({ entities, events: types })
  for (const [at, event] of events.entries()) {
    const type = types.get(event.type)
    if (!type || event.trust !== 'counted') continue
    let change: Omit<RecordChange, 'ids'> | null = null
    for (const entity of counting.get(event.type) ?? []) {
      const ids = recordsOf(entity, type, event, textsOf)
      if (ids.length === 0) continue
      change ??= changeOf(event, type, sequences[at] ?? at)
      const list = changes.get(entity.name)
      if (list) list.push({ ids, ...change })
      else changes.set(entity.name, [{ ids, ...change }])
    }
  }
  return changes
}

/** The entities that count a type of events, by its name. */
export function countingEntities({
  entities,
  events,
}: ChangeDefinitions): ReadonlyMap<string, readonly Entity[]> {
  const all = [...entities.values()]
  const counts = (entity: Entity, type: EventType) =>
    entity.aggregates.types.has(type.name) && touches(entity, type)
  return new Map(
    [...events.values()].map((type) => [type.name, all.filter((entity) => counts(entity, type))]),
  )
}

function changeOf(
  event: OutcomeEvent,
  type: EventType,
  sequence: number,
): Omit<RecordChange, 'ids'> {
  return {
    sequence,
    event: eventView(event),
    retraction: event.retracts !== null,
    key: dedupeKey(event, type),
    retractionKey: retractionKey(event, type),
    keyTimeMs: event.keyTimeMs,
    // What merely came into view: a page tells of dozens, and no reader waits for them.
    quiet: type.many === 'items' || type.name === 'impression',
  }
}
