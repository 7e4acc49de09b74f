import { clock, feature } from 'edgewheel'
import { Item } from '../entities.ts'

const DAY_MS = 86_400_000

/** ln(1 + days since the film was first rated). */
export const daysKnown = feature('days_known', {
  reads: { now: clock, item: Item.pick('first_rated_at') },
  fallback: 0,
  compute: ({ now, item }) => Math.log1p(Math.max(0, now - item.first_rated_at) / DAY_MS),
})
