import { orderedBy, source } from 'edgewheel'

/** The newest arrivals, so that new films get a chance to be seen. */
export const newest = source('recent', {
  limit: 30,
  generate: (_, { items }) => orderedBy(items, 'first_rated_at'),
})
