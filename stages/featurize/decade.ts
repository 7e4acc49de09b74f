import { category } from 'edgewheel'
import { Item } from '../entities.ts'

/** Decade of release, such as `1990s`. */
export const decade = category('decade', {
  reads: { item: Item.pick('year') },
  fallback: [],
  compute: ({ item }) => `${Math.floor(item.year / 10) * 10}s`,
})
