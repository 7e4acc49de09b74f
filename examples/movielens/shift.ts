/** Milliseconds in a week. */
export const weekMs = 7 * 86_400_000

/**
 * How far the history is moved so that it ends now: whole weeks (weekdays and hours keep their
 * meaning), the largest number of them with `lastTimestampMs + shift <= nowMs`. In ms; negative
 * where the history ends in the future.
 */
export function historyShiftMs(lastTimestampMs: number, nowMs: number): number {
  return Math.floor((nowMs - lastTimestampMs) / weekMs) * weekMs
}
