import { feature } from 'edgewheel'
import { Item, User } from '../entities.ts'

/** The film's mean rating above the visitor's own mean: a hard marker's 4 says more. */
export const meanGap = feature('mean_gap', {
  reads: { user: User.pick('batch_rating_mean'), item: Item.pick('batch_rating_mean') },
  fallback: 0,
  compute: ({ user, item }) => item.batch_rating_mean - user.batch_rating_mean,
})
