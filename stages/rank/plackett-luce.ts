import { EdgewheelError, type Ranker } from 'edgewheel'

/**
 * Plackett–Luce: at each slot P(row) ∝ exp(utility / temperature) among the open rows, so that good rows
 * are explored more than bad ones (Luce 1959, Plackett 1975). A low temperature is close to top-k, a high
 * one to a shuffle; it is in the units of the score.
 */
export function plackettLuce({ temperature }: { readonly temperature: number }): Ranker {
  if (!(temperature > 0 && temperature < Number.POSITIVE_INFINITY))
    throw new EdgewheelError('invalid_definition', `plackettLuce: ${temperature} is not above 0`)
  return {
    stage: 'rank',
    name: 'plackett_luce',
    options: { temperature },
    explore: 1,
    weight: (utility, best) => Math.exp((utility - best) / temperature),
  }
}
