/** How a term turns a feature into the input of its weight. JSON, as in a model artifact. */
export type NumberTransform =
  /** x */
  | { readonly kind: 'identity' }
  /** ln(1 + max(x, 0)) */
  | { readonly kind: 'log1p' }
  /** (x − mean) / std */
  | { readonly kind: 'standardize'; readonly mean: number; readonly std: number }
  /** 1 where the feature's value is not present (its fallback stands there), else 0 */
  | { readonly kind: 'missing' }

/** `bounds` ascending; bucket = how many bounds are <= x; one weight a bucket, so one more than bounds. */
export interface BucketizeTransform {
  readonly kind: 'bucketize'
  readonly bounds: readonly number[]
}

/** One weight for each listed value; values that are not listed contribute nothing. */
export interface OnehotTransform {
  readonly kind: 'onehot'
  readonly values: readonly string[]
}

/** Key `name=value` joined by `^` over every combination of values; index = murmur3(key, seed) mod buckets. */
export interface HashTransform {
  readonly kind: 'hash'
  readonly seed: number
  readonly buckets: number
}

/** One or several addends of a head's raw score. */
export type LinearTerm =
  | { readonly feature: string; readonly transform?: NumberTransform; readonly weight: number }
  | {
      readonly feature: string
      readonly transform: BucketizeTransform | OnehotTransform
      readonly weights: readonly number[]
    }
  | {
      readonly features: readonly string[]
      readonly transform: HashTransform
      readonly indices: readonly number[]
      readonly weights: readonly number[]
    }

/** What turns a head's raw score into its value. */
export type Link = 'identity' | 'logit'

/** One predicted outcome: value = link(bias + Σ contributions in the order of `terms`). */
export interface LinearHead {
  readonly outcome: string
  readonly link: Link
  readonly bias: number
  readonly terms: readonly LinearTerm[]
}

/** A linear model: one head, or several that `objective` adds up. */
export interface LinearModel {
  readonly heads: readonly LinearHead[]
  readonly objective: Readonly<Record<string, number>>
}

/** The logistic function, without overflow for large |x|. */
export function sigmoid(x: number): number {
  if (x >= 0) return 1 / (1 + Math.exp(-x))
  const e = Math.exp(x)
  return e / (1 + e)
}

/** link(raw) */
export function applyLink(link: Link, raw: number): number {
  return link === 'logit' ? sigmoid(raw) : raw
}
