import { derive, feature } from 'edgewheel'
import { history } from '../derive/history.ts'
import { Item } from '../entities.ts'

const lastGenres = derive('last_genres', {
  reads: { history },
  compute: ({ history }, { items }): ReadonlySet<string> => {
    const genres = items.stringsColumn('genres')
    const slot = history[0]?.slot ?? -1
    if (!genres || slot < 0) return new Set()
    const codes = genres.codes.subarray(genres.offsets[slot], genres.offsets[slot + 1])
    return new Set(Array.from(codes, (code) => genres.dictionary[code]))
  },
})

/** Jaccard overlap of the film's genres with those of the film liked last: 0 to 1. */
export const genreOverlap = feature('genre_overlap', {
  reads: { lastGenres, item: Item.pick('genres') },
  fallback: 0,
  compute: ({ lastGenres, item }) => {
    if (lastGenres.size === 0) return undefined
    let shared = 0
    for (const genre of item.genres) if (lastGenres.has(genre)) shared++
    return shared / (lastGenres.size + item.genres.length - shared)
  },
})
