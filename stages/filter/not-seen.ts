import { candidate, filter } from 'edgewheel'
import { seen } from '../derive/seen.ts'
import { User } from '../entities.ts'

/** Leaves out what the visitor has seen. Someone without a record has seen nothing. */
export const notSeen = filter('not_seen', {
  reads: { seen, candidate, user: User.maybe('seen') },
  onMissing: 'keep',
  keep: ({ seen, candidate, user }) => !seen.has(candidate.slot) && !user.seen?.has(candidate.id),
})
