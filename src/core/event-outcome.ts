import { DAY_MS, type Duration, durationMs } from './duration.ts'
import { EdgewheelError } from './errors.ts'
import type { EventType } from './event.ts'
import type { EventView, When } from './event-envelope.ts'
import { DEDUPE_HORIZON_MS } from './event-trust.ts'

/** Something a decision may lead to: a label of examples, a head of models, a name in objectives. */
export interface Outcome<Name extends string = string> {
  readonly name: Name
  /** The type of event that is this outcome. */
  readonly type: string
  readonly when: When | null
  /** The attribution window: how long after a decision an event still counts as its outcome, ms. */
  readonly withinMs: number
}

/** A receipt outlives the last attribution window by this, for events that arrive late. */
const RECEIPT_GRACE_MS = DAY_MS

/**
 * Declares an outcome: `outcome('rate_up', 'rate', { when: (event) => event.value >= 4, within: '7d' })`.
 * Throws `invalid_definition` for windows beyond 13 d: a receipt lives a day longer than its window, and
 * duplicates are known for 14.
 */
export function outcome<const Name extends string>(
  name: Name,
  type: string,
  options: { readonly within: Duration; readonly when?: When },
): Outcome<Name> {
  const path = `outcome ${name}`
  if (!/^[a-z][a-z0-9_]{0,63}$/.test(name))
    throw new EdgewheelError('invalid_definition', `${path}: use snake_case, at most 64 characters`)
  const withinMs = durationMs(options.within, path)
  if (withinMs === 0 || withinMs > DEDUPE_HORIZON_MS - RECEIPT_GRACE_MS)
    throw new EdgewheelError('invalid_definition', `${path}: within is above 0 and at most 13d`)
  return { name, type, when: options.when ?? null, withinMs }
}

/** Whether an event is this outcome of a decision made at `decidedAtMs`. */
export function isOutcome(outcome: Outcome, event: EventView, decidedAtMs: number): boolean {
  const delayMs = event.timeMs - decidedAtMs
  if (event.type !== outcome.type || delayMs < 0 || delayMs > outcome.withinMs) return false
  return outcome.when === null || outcome.when(event)
}

/** How long a receipt vouches for events, ms: the longest attribution window and a day. */
export function receiptLifeMs(outcomes: readonly Outcome[]): number {
  return Math.max(0, ...outcomes.map(({ withinMs }) => withinMs)) + RECEIPT_GRACE_MS
}

/**
 * Throws `invalid_definition` where two events or two outcomes have one name, or an outcome is of an event
 * that does not exist.
 */
export function checkOutcomes(outcomes: readonly Outcome[], events: readonly EventType[]): void {
  const refuse = (message: string): never => {
    throw new EdgewheelError('invalid_definition', message)
  }
  const types = events.map(({ name }) => name)
  const names = outcomes.map(({ name }) => name)
  const twice = (list: readonly string[]) => list.find((name, at) => list.indexOf(name) !== at)
  if (twice(types)) refuse(`two events are named '${twice(types)}'`)
  if (twice(names)) refuse(`two outcomes are named '${twice(names)}'`)
  for (const { name, type } of outcomes)
    if (!types.includes(type))
      refuse(`outcome ${name}: there is no event '${type}'; there are ${types.join(', ')}`)
}
