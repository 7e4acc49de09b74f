import { filter } from 'edgewheel'
import { Item } from '../entities.ts'

/** Leaves out what cannot be had now. A film is available unless somebody said otherwise. */
export const inStock = filter('in_stock', {
  reads: { item: Item.pick('available') },
  onMissing: 'keep',
  keep: ({ item }) => item.available,
})
