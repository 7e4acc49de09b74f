import { clock, derive, feature } from 'edgewheel'
import { Item } from '../entities.ts'

const thisYear = derive('this_year', {
  reads: { now: clock },
  compute: ({ now }) => new Date(now).getUTCFullYear(),
})

/** Years since release, 0 to 100. */
export const itemAge = feature('item_age', {
  reads: { thisYear, item: Item.pick('year') },
  fallback: 20,
  compute: ({ thisYear, item }) => Math.min(100, Math.max(0, thisYear - item.year)),
})
