import { runInDurableObject } from 'cloudflare:test'
import { count, decayed, lastK, max, mean, rate, seen } from '../../src/core/aggregate/declare.ts'
import { DAY_MS, HOUR_MS } from '../../src/core/duration.ts'
import { defineEntity, type Entity } from '../../src/core/entity.ts'
import type { EventType } from '../../src/core/event.ts'
import type { OutcomeEvent } from '../../src/core/event-envelope.ts'
import { mulberry32 } from '../../src/core/mulberry32.ts'
import { applyOutcomes } from '../../src/wheel/apply.ts'
import { changesOf, type RecordChange } from '../../src/wheel/apply-changes.ts'
import { eventOwners } from '../../src/wheel/apply-owners.ts'
import { RecordOwner, type RecordOwnerOptions } from '../../src/wheel/record-owner.ts'
import { Item, User } from '../../stages/entities.ts'
import { events } from '../../stages/events.ts'
import { items, owners, RECORDS, store } from './record-fixture.ts'

export const TYPES: ReadonlyMap<string, EventType> = new Map(
  events.map((type) => [type.name, type]),
)
const entities = [Item, User] as unknown as Entity[]

/** The entities and events of the example, behind real objects. */
export const options = {
  entities: new Map(entities.map((entity) => [entity.name, entity])),
  events: TYPES,
  owners,
  tables: {
    peek: () => null,
    read: async () => ({ value: null, state: 'cold', ageMs: 0, error: null }) as const,
  },
  eventOwners: eventOwners(RECORDS, entities),
}

/** Brings events of the example to the real objects. */
export const apply = (list: readonly OutcomeEvent[]) => applyOutcomes(options, list)

/** An entity like `item` of the example, with a kind of each sort. */
export const Thing = defineEntity('item', {
  layout: 'paged',
  owner: 'tests',
  attributes: {},
  aggregates: {
    clicks_1h: count('click', { window: '1h' }),
    ctr_7d: rate('click', 'impression', { window: '7d', prior: [1, 20] }),
    heat: decayed('click', { halfLife: '6h' }),
    ratings_mean: mean('rate'),
    highest: max('rate', { window: '2d' }),
    visitors: lastK('click', { k: 5, of: 'user' }),
  },
}) as unknown as Entity

/** An entity like `user` of the example, with a kind of each sort. */
export const Person = defineEntity('user', {
  layout: 'keyed',
  owner: 'tests',
  attributes: {},
  aggregates: {
    impressions_7d: count('impression', { window: '7d' }),
    clicks_7d: count('click', { window: '7d' }),
    ratings_mean: mean('rate'),
    seen: seen(['click', 'rate']),
  },
}) as unknown as Entity

let last = 0

/** An event that counts; by default a click of user `u` on item `1`, a minute ago. */
export function outcome(more: Partial<OutcomeEvent> = {}): OutcomeEvent {
  const timeMs = more.eventTimeMs ?? Date.now() - 60_000
  return {
    ...{ id: `e${last++}`, type: 'click', item: '1', user: 'u', position: null, value: null },
    ...{ eventTimeMs: timeMs, receivedMs: timeMs, keyTimeMs: timeMs, trust: 'counted' },
    ...{ voucher: 'secret', decisionId: null, useCase: null, variant: null, model: null },
    ...{ retracts: null, properties: {}, consent: { personalize: true, train: true } },
    ...more,
  }
}

/** What takes an event back, as a client sends it. */
export function retractionOf(event: OutcomeEvent): OutcomeEvent {
  return { ...event, id: `back-${event.id}`, retracts: event.id }
}

/** A seeded history of a few items and users within `spanMs` before now. */
export function history(seed: number, size: number, spanMs = 10 * DAY_MS): OutcomeEvent[] {
  const random = mulberry32(seed)
  const below = (most: number) => Math.floor(random() * most)
  const endMs = Date.now() - HOUR_MS
  return Array.from({ length: size }, (_, n) => {
    const type = ['click', 'impression', 'rate'][below(3)]
    return outcome({
      id: `h${seed}-${n}`,
      type,
      item: String(below(6)),
      user: `u${below(4)}`,
      value: type === 'rate' ? 0.5 + below(10) / 2 : null,
      eventTimeMs: endMs - below(spanMs),
    })
  })
}

/** The events with duplicates and retractions of some, as a bad network delivers them; and which were taken back. */
export function delivered(seed: number, list: readonly OutcomeEvent[]) {
  const random = mulberry32(seed)
  const taken = list.filter(() => random() < 0.15)
  const copies = list.filter(() => random() < 0.4)
  const all = [...list, ...copies, ...taken.map(retractionOf), ...taken.map(retractionOf)]
  return { deliveries: shuffled(random, all), takenBack: new Set(taken.map(({ id }) => id)) }
}

export function shuffled<T>(random: () => number, list: readonly T[]): T[] {
  return list
    .map((value) => ({ value, key: random() }))
    .sort((a, b) => a.key - b.key)
    .map(({ value }) => value)
}

/** In batches of 1 to `most`. */
export function* batches<T>(
  random: () => number,
  list: readonly T[],
  most: number,
): Generator<T[]> {
  for (let at = 0; at < list.length; ) {
    const size = 1 + Math.floor(random() * most)
    yield list.slice(at, at + size)
    at += size
  }
}

/** What events change of one entity. */
export function changesFor(entity: Entity, list: readonly OutcomeEvent[]): readonly RecordChange[] {
  const definitions = { entities: new Map([[entity.name, entity]]), events: TYPES }
  return changesOf(definitions, list, () => []).get(entity.name) ?? []
}

/** Works with an owner of `entity` on the real storage of an object. */
export function withOwner<T>(
  entity: Entity,
  work: (owner: RecordOwner, storage: DurableObjectStorage) => T | Promise<T>,
  more: Partial<RecordOwnerOptions> = {},
): Promise<T> {
  return runInDurableObject(items(), (_, { storage }) =>
    work(new RecordOwner({ storage, name: 'item/0', entity, shard: 0, store, ...more }), storage),
  )
}

/** Rows that SQLite says it has written while `work` ran: what the platform bills. */
export function rowsWritten(storage: DurableObjectStorage, work: () => void) {
  const cursors: { query: string; cursor: SqlStorageCursor<Record<string, SqlStorageValue>> }[] = []
  const prototype = Object.getPrototypeOf(storage.sql) as SqlStorage
  const real = prototype.exec
  prototype.exec = function (this: SqlStorage, query: string, ...bindings: unknown[]) {
    const cursor = real.call(this, query, ...bindings)
    cursors.push({ query, cursor })
    return cursor
  } as SqlStorage['exec']
  try {
    work()
  } finally {
    prototype.exec = real
  }
  const sum = (match: RegExp) =>
    cursors
      .filter(({ query }) => match.test(query))
      .reduce((total, { cursor }) => total + cursor.rowsWritten, 0)
  return { all: sum(/^/), dedupe: sum(/dedupe/), aggregates: sum(/INTO aggregates/) }
}
