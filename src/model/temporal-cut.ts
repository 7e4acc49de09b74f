/**
 * The two cuts of a stream by time: T80 = s[floor(0.8 N)], T90 = s[floor(0.9 N)] of the ascending
 * timestamps s. Train is t < T80, validation T80 <= t < T90, test t >= T90. Null for no timestamps.
 */
export function temporalCut(timestamps: ArrayLike<number>): { t80: number; t90: number } | null {
  if (timestamps.length === 0) return null
  const sorted = Float64Array.from(timestamps).sort()
  return {
    t80: sorted[Math.floor(0.8 * sorted.length)],
    t90: sorted[Math.floor(0.9 * sorted.length)],
  }
}
