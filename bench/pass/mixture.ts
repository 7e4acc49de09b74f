/**
 * What the features of the pass are, as in a real chain: of every eight, four are an attribute as it is,
 * one is its logarithm, one is the same for all candidates, two compare the candidate with the user.
 */
export type FeatureSort = 'plain' | 'log' | 'context' | 'gap' | 'ratio'

const OF_EIGHT: readonly FeatureSort[] = [
  ...(['plain', 'plain', 'plain', 'plain'] as const),
  ...(['log', 'context', 'gap', 'ratio'] as const),
]

/** The sort of feature `i`. */
export function sortOf(i: number): FeatureSort {
  return OF_EIGHT[i % 8]
}

/** The name of feature `i`; it reads the attribute of the same number. */
export function featureName(i: number): string {
  return `${sortOf(i)}_${i}`
}

/** The weight of feature `i`: exact in float32, so that no contender rounds it. */
export function weightOf(i: number): number {
  return Math.fround((i % 2 === 0 ? 1 : -0.5) / (1 + i))
}

/** What stands where a value is missing. */
export const FALLBACK = 2.5
