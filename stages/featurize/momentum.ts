import { feature } from 'edgewheel'
import { Item } from '../entities.ts'

/** The share of a year's interest that is from this quarter: above 0.25 a film is rising. */
export const momentum = feature('momentum', {
  reads: { item: Item.pick('batch_decayed_90d', 'batch_decayed_365d') },
  fallback: 0.25,
  compute: ({ item }) => (item.batch_decayed_90d + 0.25) / (item.batch_decayed_365d + 1),
})
