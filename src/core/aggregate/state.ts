import type { EventView } from '../event-envelope.ts'
import type { FieldValue, Status } from '../field.ts'
import type { ByteWriter } from './bytes.ts'

/** A value and what is known of it; `value` is null unless the status is present or defaulted. */
export interface Valued {
  readonly value: FieldValue | null
  readonly status: Status
}

/** The value of a kind that knows none without events. */
export const MISSING_VALUE: Valued = { value: null, status: 'missing' }

/** What is kept of the events of one aggregate of one record. The order in which they come does not matter. */
export interface AggregateState {
  /** Takes in an event that the aggregate takes, or takes it out again (-1) where the kind can. */
  add(event: EventView, sign: 1 | -1): void
  /** The value at a time that is not before any event's. */
  valueAt(nowMs: number): Valued
  /** Drops what no value from `nowMs` on covers. */
  prune(nowMs: number): void
  /** The next time at which the value changes without events, infinite where it never does. */
  nextChangeMs(nowMs: number): number
  /** Nothing is kept: the same as a new one. */
  readonly empty: boolean
  /** Writes what is kept, as whoever knows the definition and `originMs` reads it. */
  write(out: ByteWriter, originMs: number): void
}
