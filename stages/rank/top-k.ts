import type { Ranker } from 'edgewheel'

/** Chooses the best by utility, ties to the lower row: no exploration, every propensity is 1. */
export function topK(): Ranker {
  return { stage: 'rank', name: 'top_k', options: {}, explore: 0, weight: () => 1 }
}
