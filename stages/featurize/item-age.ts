import { clock, feature } from 'edgewheel'
import { Item } from '../entities.ts'

/** Years since release, 0 to 100. */
export const itemAge = feature('item_age', {
  reads: { now: clock, item: Item.pick('year') },
  fallback: 20,
  compute: ({ now, item }) =>
    Math.min(100, Math.max(0, new Date(now).getUTCFullYear() - item.year)),
})
