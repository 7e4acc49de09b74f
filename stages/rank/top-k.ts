import { bestOpen, type Ranker } from 'edgewheel'

/** Chooses the best by utility, ties to the lower row: no exploration, every propensity is 1. */
export function topK(): Ranker {
  return {
    stage: 'rank',
    name: 'top_k',
    options: {},
    begin(rows) {
      const weights = new Float64Array(rows)
      return {
        weights,
        weigh(open, utilities) {
          weights.fill(0)
          weights[bestOpen(open, utilities)] = 1
          return 1
        },
      }
    },
  }
}
