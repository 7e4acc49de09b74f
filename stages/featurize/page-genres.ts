import { feature } from 'edgewheel'
import { Item } from '../entities.ts'

/** Jaccard overlap of the film's genres with those of the page's film: 0 to 1. */
export const pageGenres = feature('page_genres', {
  reads: { page: Item.pick('genres'), item: Item.pick('genres') },
  fallback: 0,
  compute: ({ page, item }) => {
    let shared = 0
    for (const genre of item.genres) if (page.genres.includes(genre)) shared++
    const all = page.genres.length + item.genres.length - shared
    return all === 0 ? 0 : shared / all
  },
})
