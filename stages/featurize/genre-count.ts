import { feature } from 'edgewheel'
import { Item } from '../entities.ts'

/** Number of genres. */
export const genreCount = feature('genre_count', {
  reads: { item: Item.pick('genres') },
  fallback: 1,
  compute: ({ item }) => item.genres.length,
})
