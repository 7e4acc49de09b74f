import { orderedBy, source } from 'edgewheel'

/** What people like now: positive ratings with a half-life of 90 days. */
export const trending = source('trending', {
  limit: 100,
  generate: (_, { items }) => orderedBy(items, 'batch_decayed_90d'),
})
