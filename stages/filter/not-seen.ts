import { candidate, filter } from 'edgewheel'
import { seen } from '../derive/seen.ts'

/** Leaves out what the visitor has seen. Someone without a record has seen nothing. */
export const notSeen = filter('not_seen', {
  reads: { seen, candidate },
  onMissing: 'keep',
  keep: ({ seen, candidate }) => !seen.has(candidate.slot),
})
