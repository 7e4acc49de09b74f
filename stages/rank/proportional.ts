import { EdgewheelError, type Ranker } from 'edgewheel'

/** Scores at or below it count as it, so that a page of worthless rows is a shuffle and not a fault. */
const FLOOR = 1e-9

/**
 * Explores by ratio: at each slot P(row) ∝ utility ^ power among the open rows, which is Plackett–Luce on
 * the logarithm of the score. A row half as good as the best is 2^power times less likely, whether scores
 * run to 0.8 or to 0.01: the same exploration under prior weights and under every model that follows.
 */
export function proportional({ power }: { readonly power: number }): Ranker {
  if (!(power > 0 && power < Number.POSITIVE_INFINITY))
    throw new EdgewheelError('invalid_definition', `proportional: ${power} is not above 0`)
  return {
    stage: 'rank',
    name: 'proportional',
    options: { power },
    explore: 1,
    weight: (utility, best) => (Math.max(utility, FLOOR) / Math.max(best, FLOOR)) ** power,
  }
}
