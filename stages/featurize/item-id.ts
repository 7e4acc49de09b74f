import { candidate, category } from 'edgewheel'

/** The film itself: what a model learns of it beyond its features. */
export const itemId = category('item_id', {
  reads: { candidate },
  fallback: [],
  compute: ({ candidate }) => candidate.id,
})
