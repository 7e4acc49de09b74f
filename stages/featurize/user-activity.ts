import { feature } from 'edgewheel'
import { User } from '../entities.ts'

/** ln(1 + ratings of the visitor). Missing for guests. */
export const userActivity = feature('user_activity', {
  reads: { user: User.pick('batch_rating_count') },
  fallback: 0,
  compute: ({ user }) => Math.log1p(user.batch_rating_count),
})
