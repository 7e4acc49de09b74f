import { orderedBy, source } from 'edgewheel'

/** What most people like: by number of positive ratings. The first thing to show a guest. */
export const popular = source('popular', {
  limit: 150,
  generate: (_, { items }) => orderedBy(items, 'batch_positives'),
})
