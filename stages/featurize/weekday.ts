import { category, clock } from 'edgewheel'

const DAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday']

/** Day of the week, UTC. */
export const weekday = category('weekday', {
  reads: { now: clock },
  fallback: [],
  compute: ({ now }) => DAYS[new Date(now).getUTCDay()],
})
