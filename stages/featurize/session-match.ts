import { candidate, feature } from 'edgewheel'
import { sessionTaste } from '../derive/taste.ts'

/** How well the film's genres fit what the visitor clicked in this session. Missing before the first click. */
export const sessionMatch = feature('session_match', {
  reads: { sessionTaste, candidate },
  fallback: 0,
  compute: ({ sessionTaste, candidate }) => sessionTaste.of(candidate.slot),
})
