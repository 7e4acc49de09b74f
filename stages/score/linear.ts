import { bindLinear, type Prior, type PriorHead, priorHead, type Scorer } from 'edgewheel'

type PriorOf<H> = H extends PriorHead<infer P> ? P : never
type NameOf<P> = P extends unknown ? keyof P : never
type WeightOf<P, K> = P extends unknown ? (K extends keyof P ? P[K] : never) : never
type Merged<H> = { readonly [K in NameOf<PriorOf<H>>]: WeightOf<PriorOf<H>, K> }

/**
 * Scores a candidate by a weighted sum of its features: `link(bias + Σ weight × feature)`. The weights
 * written here serve until a model is published, and wherever one cannot; a published model brings its
 * own terms. With `heads`, one sum an outcome, and score = Σ objective × value.
 */
export function linear<const P extends Prior>(options: PriorHead<P>): Scorer<P>
export function linear<const H extends Readonly<Record<string, PriorHead>>>(options: {
  readonly heads: H
}): Scorer<Merged<H[keyof H]>>
export function linear(
  options: PriorHead | { readonly heads: Readonly<Record<string, PriorHead>> },
): Scorer {
  const heads =
    'heads' in options
      ? Object.entries(options.heads).map(([outcome, head]) => priorHead(outcome, head))
      : [priorHead('utility', options)]
  return {
    stage: 'score',
    name: 'linear',
    bind: (features, objective, model) => bindLinear(model ?? { heads, objective }, features),
  }
}
