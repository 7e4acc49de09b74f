import { bestOpen, EdgewheelError, type Ranker } from 'edgewheel'

// Weights relative to the base lose no precision between these, and cannot overflow when added up.
const LOWEST_TOP = 2 ** -20
const HIGHEST_TOP = 2 ** 20

/**
 * Plackett–Luce: at each slot P(row) ∝ exp(utility / temperature) among the open rows, so that good rows
 * are explored more than bad ones (Luce 1959, Plackett 1975). A low temperature is close to top-k, a high
 * one to a shuffle; it is in the units of the score.
 */
export function plackettLuce({ temperature }: { readonly temperature: number }): Ranker {
  if (!(temperature > 0 && temperature < Number.POSITIVE_INFINITY))
    throw new EdgewheelError(
      'invalid_definition',
      `plackettLuce: temperature ${temperature} is not a number above 0`,
    )
  return {
    stage: 'rank',
    name: 'plackett_luce',
    options: { temperature },
    begin(rows) {
      const weights = new Float64Array(rows)
      const weighed = new Float64Array(rows).fill(Number.NaN)
      let base = Number.NaN
      let top = 0
      const refresh = (utilities: Float64Array): void => {
        for (let row = 0; row < rows; row++) {
          if (utilities[row] === weighed[row]) continue
          weighed[row] = utilities[row]
          weights[row] = Math.exp((utilities[row] - base) / temperature)
        }
      }
      const sum = (open: Uint8Array): number => {
        let total = 0
        top = 0
        for (let row = 0; row < rows; row++) {
          if (open[row] === 0) continue
          total += weights[row]
          if (weights[row] > top) top = weights[row]
        }
        return total
      }
      return {
        weights,
        weigh(open, utilities, changed) {
          if (changed && !Number.isNaN(base)) refresh(utilities)
          const total = sum(open)
          if (top >= LOWEST_TOP && top <= HIGHEST_TOP) return total
          // Far from what is left the weights underflow (or overflow): measure from the best open row.
          base = utilities[bestOpen(open, utilities)]
          weighed.fill(Number.NaN)
          refresh(utilities)
          return sum(open)
        },
      }
    },
  }
}
