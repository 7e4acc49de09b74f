import { candidate, feature } from 'edgewheel'
import { similarity } from '../derive/similarity.ts'

/** Item-to-item similarity with everything the visitor liked; 0 where nothing is shared. */
export const historySimilarity = feature('history_similarity', {
  reads: { similarity, candidate },
  fallback: 0,
  compute: ({ similarity, candidate }) => similarity.bySlot[candidate.slot],
})
