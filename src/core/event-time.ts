/**
 * A client's clock that is behind or ahead by less than this is taken as right: so much the network's way
 * explains, and then an event sent twice, or taken back, has one time.
 */
export const CLOCK_TOLERANCE_MS = 30_000

/** Times of one event, epoch ms. */
export interface EventTimes {
  /** When it happened by the client's clock; null where the client did not say. */
  readonly createdMs: number | null
  /** When the batch left by the client's clock; null where the client did not say. */
  readonly sentMs: number | null
  /** When the batch arrived. */
  readonly receivedMs: number
  /** When the decision was made whose receipt the event carries; null without a receipt. */
  readonly receiptMs: number | null
}

/**
 * When an event happened by our clock: `received − (sent − created)` (Snowplow's derived timestamp), or
 * `created` where the client's clock is right or no `sent` tells; arrival where the client said nothing.
 */
export function correctedTimeMs({ createdMs, sentMs, receivedMs }: EventTimes): number {
  if (createdMs === null) return receivedMs
  if (sentMs === null || Math.abs(receivedMs - sentMs) <= CLOCK_TOLERANCE_MS) return createdMs
  return receivedMs - (sentMs - createdMs)
}

/** The corrected time within what is possible: not before the receipt was made, not after arrival. */
export function eventTimeMs(times: EventTimes): number {
  const corrected = Math.max(correctedTimeMs(times), times.receiptMs ?? 0)
  return Math.floor(Math.min(corrected, times.receivedMs))
}
