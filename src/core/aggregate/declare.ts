import { DAY_MS, type Duration, durationMs, MINUTE_MS } from '../duration.ts'
import { EdgewheelError } from '../errors.ts'
import type { When } from '../event-envelope.ts'
import { checkWindow } from '../tiles.ts'
import type {
  DecayedAggregate,
  DistinctAggregate,
  EventSelector,
  LastKAggregate,
  NumberAggregate,
  RateAggregate,
  SeenAggregate,
  Subject,
} from './definition.ts'

/** Which events: a type, one with a predicate, or several of both. */
export type Events = string | EventSelector | readonly (string | EventSelector)[]

/** What every aggregate may say. */
export interface AggregateOptions {
  /** Counts only what this keeps; raise `version` when it changes its meaning. */
  readonly when?: When
  /** The value is stale where the latest event is older than this. */
  readonly maxAge?: Duration
  /** Raise it when a predicate changes its meaning: what was kept is dropped. Default 1. */
  readonly version?: number
}

/** `window`: counts only the last so many tiles of time (see `Tiling`). Default: all time. */
export interface WindowOptions extends AggregateOptions {
  readonly window?: Duration
}

/** How many events. 0, present, without any. */
export function count(events: Events, options: WindowOptions = {}): NumberAggregate {
  return { kind: 'count', ...common('count', events, options) }
}

/** The sum of the events' values, exact in 1e-6 units. 0, present, without any. */
export function sum(events: Events, options: WindowOptions = {}): NumberAggregate {
  return { kind: 'sum', ...common('sum', events, options) }
}

/** The mean of the events' values. Missing without any. */
export function mean(events: Events, options: WindowOptions = {}): NumberAggregate {
  return { kind: 'mean', ...common('mean', events, options) }
}

/** The lowest value. Missing without any; a retraction leaves it as it is. */
export function min(events: Events, options: WindowOptions = {}): NumberAggregate {
  return { kind: 'min', ...common('min', events, options) }
}

/** The highest value. Missing without any; a retraction leaves it as it is. */
export function max(events: Events, options: WindowOptions = {}): NumberAggregate {
  return { kind: 'max', ...common('max', events, options) }
}

/** The value of the latest event. Missing without any; a retraction leaves it as it is. */
export function last(events: Events, options: WindowOptions = {}): NumberAggregate {
  return { kind: 'last', ...common('last', events, options) }
}

/**
 * The items (users, values of a property) of the latest events, newest first, each once, at most `k`
 * (1–200). Empty without any; a retraction leaves it as it is.
 */
export function lastK(
  events: Events,
  options: WindowOptions & { readonly k: number; readonly of: Subject },
): LastKAggregate {
  whole('last_k', 'k', options.k, 200)
  const { k, of } = options
  return { kind: 'last_k', ...common('last_k', events, options), k, of }
}

/**
 * How many different items (users, values of a property): exact up to `k` (1–512, default 64), beyond that
 * an estimate whose standard error is about 1/√k (bottom-k sketch, Bar-Yossef et al. 2002). 0, present,
 * without any; a retraction leaves it as it is.
 */
export function distinct(
  events: Events,
  options: WindowOptions & { readonly of: Subject; readonly k?: number },
): DistinctAggregate {
  const { k = 64, of } = options
  whole('distinct', 'k', k, 512)
  return { kind: 'distinct', ...common('distinct', events, options), k, of }
}

/**
 * Every item (user, value of a property) of the events there ever were: `has(id)` in stages, for keyed
 * entities only. Up to 4,096 one by one, beyond that a Bloom filter, which takes a few others for one of
 * them. Empty without any; a retraction leaves it as it is.
 */
export function seen(
  events: Events,
  options: AggregateOptions & { readonly of?: Subject } = {},
): SeenAggregate {
  return { kind: 'seen', ...common('seen', events, options), of: options.of ?? 'item' }
}

/**
 * `(prior[0] + events) / (prior[1] + per)`: clicks per impression, drawn towards `prior[0] / prior[1]` while
 * there are few. That is also its value, defaulted, without any. `when` holds for both kinds of events.
 */
export function rate(
  events: Events,
  per: Events,
  options: WindowOptions & { readonly prior: readonly [number, number] },
): RateAggregate {
  const { prior, when } = options
  if (!(prior[0] >= 0 && prior[1] > 0 && Number.isFinite(prior[0] + prior[1])))
    refuse('rate', 'prior is [at least 0, above 0]')
  return {
    kind: 'rate',
    ...common('rate', events, options),
    per: selectorsOf('rate', per, when),
    prior: [prior[0], prior[1]],
  }
}

/**
 * A count in which an event weighs 1 when it happens and half as much after each half-life (5m to 400d);
 * what is 32 half-lives old is forgotten. 0, present, without any.
 */
export function decayed(
  events: Events,
  options: AggregateOptions & { readonly halfLife: Duration },
): DecayedAggregate {
  const halfLifeMs = durationMs(options.halfLife, 'decayed, halfLife')
  if (halfLifeMs < 5 * MINUTE_MS || halfLifeMs > 400 * DAY_MS)
    refuse('decayed', 'halfLife is from 5m to 400d')
  return { kind: 'decayed', ...common('decayed', events, options), halfLifeMs }
}

function common(kind: string, events: Events, options: WindowOptions) {
  const { window, maxAge, when, version = 1 } = options
  const windowMs = window === undefined ? null : durationMs(window, `${kind}, window`)
  if (windowMs !== null) checkWindow(windowMs, `${kind}, window ${window}`)
  return {
    events: selectorsOf(kind, events, when),
    windowMs,
    maxAgeMs: maxAge === undefined ? null : durationMs(maxAge, `${kind}, maxAge`),
    version,
  }
}

function selectorsOf(kind: string, events: Events, when: When | undefined): EventSelector[] {
  const list = typeof events === 'string' || 'type' in events ? [events] : events
  if (list.length === 0) refuse(kind, 'name the events it is over')
  return list.map((one) => {
    const selector = typeof one === 'string' ? { type: one } : one
    const own = selector.when
    if (own && when) return { type: selector.type, when: (event) => own(event) && when(event) }
    return own || when ? { type: selector.type, when: own ?? when } : { type: selector.type }
  })
}

function whole(kind: string, name: string, value: number, most: number): void {
  if (!Number.isInteger(value) || value < 1 || value > most)
    refuse(kind, `${name} is a whole number from 1 to ${most}`)
}

function refuse(kind: string, problem: string): never {
  throw new EdgewheelError('invalid_definition', `aggregate ${kind}: ${problem}`)
}
