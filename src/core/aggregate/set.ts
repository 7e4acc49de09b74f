import { EdgewheelError } from '../errors.ts'
import type { EventView } from '../event-envelope.ts'
import type { StoredValue } from '../record.ts'
import { ByteReader, ByteWriter } from './bytes.ts'
import {
  type Aggregate,
  type AggregateShapes,
  aggregateHash,
  isRetractable,
  takes,
  typesOf,
} from './definition.ts'
import { stateMaker } from './kinds.ts'
import type { AggregateState } from './state.ts'

interface Slot {
  /** The time of the latest event that was taken in, epoch ms; a retraction leaves it. */
  lastMs: number
  readonly state: AggregateState
}

/** What is kept for all aggregates of one record; made and read by its entity's {@link AggregateSet} only. */
export interface RecordAggregates {
  readonly slots: (Slot | undefined)[]
}

/** The aggregates of an entity, and what is done with those of one record. Time is always the caller's. */
export interface AggregateSet {
  readonly definitions: AggregateShapes
  readonly size: number
  /** Types of events that change one of them. */
  readonly types: ReadonlySet<string>
  /** A record without events. */
  create(): RecordAggregates
  /**
   * Takes in an event, in any order; false where no aggregate takes it. An event whose retraction came first
   * is `retracted`: only kinds that retractions leave alone count it, so that the order does not matter.
   */
  apply(record: RecordAggregates, event: EventView, retracted?: boolean): boolean
  /** Takes an event out that was applied; needs its type, time, value and all else that predicates read. */
  retract(record: RecordAggregates, event: EventView): boolean
  /** One value; without events as its kind has it. `updatedAtMs` is the latest event's time, 0 without. */
  valueAt(record: RecordAggregates, name: string, nowMs: number): StoredValue
  /** All values by name. */
  valuesAt(record: RecordAggregates, nowMs: number): Map<string, StoredValue>
  /** The next time at which a value changes without events; infinite where none will. */
  nextChangeMs(record: RecordAggregates, nowMs: number): number
  /** Drops what no value from `nowMs` on covers. What is kept is bounded only by this: call it before storing. */
  prune(record: RecordAggregates, nowMs: number): void
  /** A few hundred bytes; equal for equal events, whatever their order, if pruned at one time. */
  encode(record: RecordAggregates): Uint8Array
  /**
   * What {@link AggregateSet.encode} wrote, of this definition or an older one: aggregates that are defined
   * otherwise now start anew. Throws `invalid_format`.
   */
  decode(bytes: Uint8Array): RecordAggregates
  /** Some values straight from what {@link AggregateSet.encode} wrote; reads no more than it must. Throws `invalid_format`. */
  readValues(bytes: Uint8Array, names: Iterable<string>, nowMs: number): Map<string, StoredValue>
}

const VERSION = 1
const TAG_BYTES = 3

/** Binds the aggregates of an entity. Throws `invalid_definition` where two could not be told apart. */
export function aggregateSet(entity: string, definitions: AggregateShapes): AggregateSet {
  const names = Object.keys(definitions)
  const list: readonly Aggregate[] = Object.values(definitions)
  const tags = names.map((name) => tagOf(name, definitions[name]))
  const same = tags.findIndex((tag, at) => tags.indexOf(tag) !== at)
  if (same >= 0)
    throw new EdgewheelError(
      'invalid_definition',
      `entity ${entity}, aggregate ${names[same]}: shares its tag with ${names[tags.indexOf(tags[same])]}; rename one`,
    )
  const makers = list.map(stateMaker)
  const places = new Map(names.map((name, at) => [name, at]))
  const byType = new Map<string, number[]>()
  list.forEach((aggregate, at) => {
    for (const type of typesOf(aggregate)) byType.set(type, [...(byType.get(type) ?? []), at])
  })

  function placeOf(name: string): number {
    const at = places.get(name)
    if (at === undefined) throw new RangeError(`entity ${entity} has no aggregate '${name}'`)
    return at
  }

  function apply(record: RecordAggregates, event: EventView, retracted = false): boolean {
    let taken = false
    for (const at of byType.get(event.type) ?? []) {
      if (!takes(list[at], event)) continue
      record.slots[at] ??= { lastMs: 0, state: makers[at]() }
      const slot = record.slots[at]
      slot.lastMs = Math.max(slot.lastMs, event.timeMs)
      if (!retracted || !isRetractable(list[at])) slot.state.add(event, 1)
      taken = true
    }
    return taken
  }

  function retract(record: RecordAggregates, event: EventView): boolean {
    let taken = false
    for (const at of byType.get(event.type) ?? []) {
      const slot = record.slots[at]
      if (!slot || !isRetractable(list[at]) || !takes(list[at], event)) continue
      slot.state.add(event, -1)
      taken = true
    }
    return taken
  }

  function readingOf(record: RecordAggregates, at: number, nowMs: number): StoredValue {
    const slot = record.slots[at]
    const updatedAtMs = slot?.lastMs ?? 0
    const { value, status } = (slot?.state ?? makers[at]()).valueAt(nowMs)
    const { maxAgeMs } = list[at]
    const old = slot !== undefined && maxAgeMs !== null && nowMs - updatedAtMs > maxAgeMs
    return { value, status: old && status !== 'missing' ? 'stale' : status, updatedAtMs }
  }

  function nextChangeMs(record: RecordAggregates, nowMs: number): number {
    let next = Number.POSITIVE_INFINITY
    record.slots.forEach((slot, at) => {
      if (!slot) return
      next = Math.min(next, slot.state.nextChangeMs(nowMs))
      const staleAtMs = slot.lastMs + (list[at].maxAgeMs ?? Number.POSITIVE_INFINITY) + 1
      if (staleAtMs > nowMs) next = Math.min(next, staleAtMs)
    })
    return next
  }

  function encode(record: RecordAggregates): Uint8Array {
    const out = new ByteWriter()
    const originMs = record.slots.reduce((last, slot) => Math.max(last, slot?.lastMs ?? 0), 0)
    out.byte(VERSION)
    out.uint(originMs)
    record.slots.forEach((slot, at) => {
      if (!slot) return
      const kept = new ByteWriter()
      kept.uint(originMs - slot.lastMs)
      if (!slot.state.empty) slot.state.write(kept, originMs)
      for (let byte = 0; byte < TAG_BYTES; byte++) out.byte(tags[at] >>> (8 * byte))
      out.uint(kept.length)
      out.bytes(kept.take())
    })
    return out.take()
  }

  function read(bytes: Uint8Array, wanted: (at: number) => boolean): RecordAggregates {
    const input = new ByteReader(bytes)
    const version = input.byte()
    if (version !== VERSION)
      throw new EdgewheelError('invalid_format', `stored aggregates have version ${version}`)
    const originMs = input.uint()
    const record: RecordAggregates = { slots: [] }
    while (!input.ended) {
      let tag = 0
      for (let byte = 0; byte < TAG_BYTES; byte++) tag |= input.byte() << (8 * byte)
      const kept = new ByteReader(input.bytes(input.uint()))
      const at = tags.indexOf(tag)
      if (at < 0 || !wanted(at)) continue
      const lastMs = originMs - kept.uint()
      const fresh = makers[at]()
      record.slots[at] = { lastMs, state: kept.ended ? fresh : fresh.read(kept, originMs) }
    }
    return record
  }

  return {
    definitions,
    size: names.length,
    types: new Set(byType.keys()),
    create: () => ({ slots: [] }),
    apply,
    retract,
    valueAt: (record, name, nowMs) => readingOf(record, placeOf(name), nowMs),
    valuesAt: (record, nowMs) =>
      new Map(names.map((name, at) => [name, readingOf(record, at, nowMs)])),
    nextChangeMs,
    prune(record, nowMs) {
      for (const slot of record.slots) slot?.state.prune(nowMs)
    },
    encode,
    decode: (bytes) => read(bytes, () => true),
    readValues(bytes, wanted, nowMs) {
      const asked = [...wanted].map((name) => [name, placeOf(name)] as const)
      const record = read(bytes, (at) => asked.some(([, place]) => place === at))
      return new Map(asked.map(([name, at]) => [name, readingOf(record, at, nowMs)]))
    },
  }
}

function tagOf(name: string, aggregate: Aggregate): number {
  return Number.parseInt(aggregateHash(name, aggregate).slice(0, 2 * TAG_BYTES), 16)
}
