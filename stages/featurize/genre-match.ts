import { candidate, derive, feature } from 'edgewheel'
import { taste } from '../derive/taste.ts'

/** The visitor's preference for each film's genres, computed for the whole catalogue column at once. */
const matches = derive('genre_matches', {
  reads: { taste },
  compute: ({ taste }, { items }) => {
    const genres = items.stringsColumn('genres')
    return (slot: number): number | undefined => {
      if (!genres || slot < 0 || taste.length === 0) return undefined
      let match = 0
      for (let i = genres.offsets[slot]; i < genres.offsets[slot + 1]; i++)
        match += taste[genres.codes[i]]
      return match
    }
  },
})

/** How much of what the visitor liked shares the film's genres: 0 none, 1 all. Missing for guests. */
export const genreMatch = feature('genre_match', {
  reads: { matches, candidate },
  fallback: 0,
  compute: ({ matches, candidate }) => matches(candidate.slot),
})
