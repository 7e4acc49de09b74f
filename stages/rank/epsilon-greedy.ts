import { EdgewheelError, type Ranker } from 'edgewheel'

/**
 * Explores a little at every slot: ε/n for each of the n open rows, and 1 − ε more for the best (ties to
 * the lower row). Cheap data about everything; a page pays for it with about ε of its slots.
 */
export function epsilonGreedy({ epsilon }: { readonly epsilon: number }): Ranker {
  if (!(epsilon >= 0 && epsilon <= 1))
    throw new EdgewheelError('invalid_definition', `epsilonGreedy: ${epsilon} is not in [0, 1]`)
  return {
    stage: 'rank',
    name: 'epsilon_greedy',
    options: { epsilon },
    explore: epsilon,
    weight: () => 1,
  }
}
