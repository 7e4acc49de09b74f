import type { EventView, When } from '../event-envelope.ts'
import { fingerprint } from '../fingerprint.ts'
import type { IdSet } from '../id-set.ts'
import { microsOf } from './micros.ts'

declare const valueType: unique symbol

/** Events of a type, or those of them that a predicate keeps. */
export interface EventSelector {
  readonly type: string
  readonly when?: When
}

/** What a list or a distinct count is of: the event's item, its user, or one of its properties. */
export type Subject = 'item' | 'user' | { readonly property: string }

interface Definition<Kind extends string, Value> {
  readonly kind: Kind
  /** An event that several of them select counts once. */
  readonly events: readonly EventSelector[]
  /** Null: all time. */
  readonly windowMs: number | null
  /** How old its latest event may be before the value is stale; null: any age. */
  readonly maxAgeMs: number | null
  readonly version: number
  readonly [valueType]?: Value
}

/** A number over the events themselves or over their values. */
export type NumberAggregate = Definition<'count' | 'sum' | 'mean' | 'min' | 'max' | 'last', number>

/** The subjects of the latest events, each once. */
export interface LastKAggregate extends Definition<'last_k', readonly string[]> {
  readonly k: number
  readonly of: Subject
}

/** How many different subjects; exact up to `k`. */
export interface DistinctAggregate extends Definition<'distinct', number> {
  readonly k: number
  readonly of: Subject
}

/** Every subject there ever was. */
export interface SeenAggregate extends Definition<'seen', IdSet> {
  readonly of: Subject
}

/** Events per events of another kind, drawn towards a prior. */
export interface RateAggregate extends Definition<'rate', number> {
  /** What `events` are counted per. */
  readonly per: readonly EventSelector[]
  /** Events and events they are per, as if they had been seen before. */
  readonly prior: readonly [number, number]
}

/** A count in which an event weighs half as much after each half-life. */
export interface DecayedAggregate extends Definition<'decayed', number> {
  readonly halfLifeMs: number
}

/** What an aggregate is, as data and predicates. */
export type Aggregate =
  | NumberAggregate
  | LastKAggregate
  | DistinctAggregate
  | SeenAggregate
  | RateAggregate
  | DecayedAggregate

/** Aggregates by name. */
export type AggregateShapes = Readonly<Record<string, Aggregate>>

/** The value a stage sees where the aggregate is present. */
export type AggregateValue<A extends Aggregate> = NonNullable<A[typeof valueType]>

/** Whether a retraction undoes an event; the other kinds keep their value. */
export function isRetractable({ kind }: Aggregate): boolean {
  return ['count', 'sum', 'mean', 'rate', 'decayed'].includes(kind)
}

/** Whether one of the selectors selects an event. */
export function matches(selectors: readonly EventSelector[], event: EventView): boolean {
  return selectors.some(({ type, when }) => type === event.type && (!when || when(event)))
}

/** Whether an event counts for an aggregate: it is selected and carries what the kind needs. */
export function takes(aggregate: Aggregate, event: EventView): boolean {
  switch (aggregate.kind) {
    case 'count':
    case 'decayed':
      return matches(aggregate.events, event)
    case 'rate':
      return matches(aggregate.events, event) || matches(aggregate.per, event)
    case 'last_k':
    case 'distinct':
    case 'seen':
      return subjectOf(aggregate.of, event) !== null && matches(aggregate.events, event)
    default:
      return microsOf(event.value) !== null && matches(aggregate.events, event)
  }
}

/** The longest text that is kept of a property. */
const MAX_SUBJECT_LENGTH = 128

/** The text that an event says of a subject; null where it says none, or a longer one than is kept. */
export function subjectOf(of: Subject, event: EventView): string | null {
  if (of === 'item' || of === 'user') return event[of]
  const value = Object.hasOwn(event.properties, of.property) ? event.properties[of.property] : null
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (typeof value !== 'string' || value.length > MAX_SUBJECT_LENGTH) return null
  return value.toWellFormed()
}

/** Types of events that an aggregate is over, in order, each once. */
export function typesOf(aggregate: Aggregate): readonly string[] {
  const selectors = [...aggregate.events, ...(aggregate.kind === 'rate' ? aggregate.per : [])]
  return [...new Set(selectors.map(({ type }) => type))]
}

/** Changes when what is kept for an aggregate means something else; `when` is covered by `version`. */
export function aggregateHash(name: string, aggregate: Aggregate): string {
  const types = (selectors: readonly EventSelector[]) =>
    selectors.map(({ type, when }) => [type, when !== undefined])
  const { kind, events, windowMs, version } = aggregate
  // The prior and maxAge are applied when a value is read: what is kept stays good.
  return fingerprint([
    [name, kind, types(events), windowMs, version],
    aggregate.kind === 'rate' ? types(aggregate.per) : null,
    aggregate.kind === 'decayed' ? aggregate.halfLifeMs : null,
    aggregate.kind === 'last_k' || aggregate.kind === 'distinct'
      ? [aggregate.k, aggregate.of]
      : aggregate.kind === 'seen'
        ? [aggregate.of]
        : null,
  ])
}
