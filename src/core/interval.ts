/** The 97.5 % quantile of the normal distribution. */
const Z = 1.959963984540054

/** A share and where it lies with 95 % confidence. */
export interface Proportion {
  readonly rate: number
  readonly low: number
  readonly high: number
}

/**
 * Wilson's score interval at 95 % of `successes` in `trials` (Wilson 1927; Brown, Cai, DasGupta 2001,
 * formula 4). Null where that is no share: without trials, or with more successes than trials.
 */
export function wilson(successes: number, trials: number): Proportion | null {
  if (!(trials > 0) || !(successes >= 0) || successes > trials) return null
  const rate = successes / trials
  const centre = successes + (Z * Z) / 2
  const spread = Z * Math.sqrt((successes * (trials - successes)) / trials + (Z * Z) / 4)
  const all = trials + Z * Z
  return {
    rate,
    // What is exactly 0 or 1 is so in no rounding.
    low: successes === 0 ? 0 : (centre - spread) / all,
    high: successes === trials ? 1 : (centre + spread) / all,
  }
}
