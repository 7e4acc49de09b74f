import { bestOpen, EdgewheelError, type Ranker } from 'edgewheel'

/**
 * Explores a little at every slot: ε/n for each of the n open rows, and 1 − ε more for the best (ties to
 * the lower row). Cheap data about everything; a page pays for it with about ε of its slots.
 */
export function epsilonGreedy({ epsilon }: { readonly epsilon: number }): Ranker {
  if (!(epsilon >= 0 && epsilon <= 1))
    throw new EdgewheelError(
      'invalid_definition',
      `epsilonGreedy: epsilon ${epsilon} is not in [0, 1]`,
    )
  return {
    stage: 'rank',
    name: 'epsilon_greedy',
    options: { epsilon },
    begin(rows) {
      const weights = new Float64Array(rows)
      return {
        weights,
        weigh(open, utilities) {
          let n = 0
          for (let row = 0; row < rows; row++) n += open[row]
          weights.fill(epsilon / n)
          weights[bestOpen(open, utilities)] += 1 - epsilon
          return 1
        },
      }
    },
  }
}
