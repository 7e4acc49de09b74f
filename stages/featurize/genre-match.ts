import { candidate, feature } from 'edgewheel'
import { taste } from '../derive/taste.ts'

/** How well the film's genres fit what the visitor liked: 0 not at all. Missing for guests who did nothing. */
export const genreMatch = feature('genre_match', {
  version: 2,
  reads: { taste, candidate },
  fallback: 0,
  compute: ({ taste, candidate }) => taste.of(candidate.slot),
})
