/** Seconds in a day, the unit in which half-lives are given here. */
export const daySeconds = 86_400

/**
 * Decayed popularity per item at a time T: the sum over the item's events of
 * 2^(-(T - t) / (86400 halfLifeDays)) (exponential decay, e.g. Cormode et al., "Forward decay",
 * ICDE 2009). Times in seconds; events later than T count for more than 1, so leave them out where
 * the future must stay unknown.
 */
export function decayedPopularity(
  items: number,
  itemOf: ArrayLike<number>,
  timestampsS: ArrayLike<number>,
  atS: number,
  halfLifeDays: number,
): Float64Array {
  const sums = new Float64Array(items)
  const halfLifeS = halfLifeDays * daySeconds
  for (let n = 0; n < itemOf.length; n++) {
    sums[itemOf[n]] += 2 ** (-(atS - timestampsS[n]) / halfLifeS)
  }
  return sums
}
