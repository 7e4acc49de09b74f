import { MAX_EVENT_VALUE } from '../event.ts'

const UNITS = 1e6
const WORD = 2 ** 40

/** A value in whole 1e-6 units, or null where it is none or larger than an event's may be. */
export function microsOf(value: number): number | null {
  return Math.abs(value) <= MAX_EVENT_VALUE ? Math.round(value * UNITS) + 0 : null
}

/** The value of a number of 1e-6 units. */
export function valueOfMicros(micros: number): number {
  // Plus 0, here and above: the lowest of values is kept negated, and -0 would not be the 0 that is stored.
  return micros / UNITS + 0
}

/**
 * Adds units to the sum in `lanes[at]` and `lanes[at + 1]`, which is high · 2^40 + low with low in
 * [0, 2^40): exact up to 2^93 units, where one number would start to round at 2^53.
 */
export function addMicros(lanes: number[], at: number, micros: number): void {
  const low = lanes[at + 1] + (micros % WORD)
  const carry = Math.floor(low / WORD)
  lanes[at] += Math.trunc(micros / WORD) + carry
  lanes[at + 1] = low - carry * WORD
}

/** The value of a sum of parts as {@link addMicros} keeps them, rounded to a float64 once before the division. */
export function valueOfSum(high: number, low: number): number {
  return (high * WORD + low) / UNITS
}
