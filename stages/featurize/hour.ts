import { clock, feature } from 'edgewheel'

/** Hour of the day, UTC: 0 to 23. */
export const hour = feature('hour', {
  reads: { now: clock },
  fallback: 12,
  compute: ({ now }) => new Date(now).getUTCHours(),
})
