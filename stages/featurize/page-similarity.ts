import { feature, retrieved } from 'edgewheel'

/** Retrieval score of `similar`: the similarity to the film the page is about. */
export const pageSimilarity = feature('page_similarity', {
  reads: { score: retrieved('similar') },
  fallback: 0,
  compute: ({ score }) => score,
})
