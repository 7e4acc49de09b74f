import type { LinearHead, LinearTerm, Link } from './linear-model.ts'
import type { CategoryPrior, NumberPrior } from './use-case.ts'

/** Prior weights by feature. */
export type Prior = Readonly<Record<string, NumberPrior | CategoryPrior>>

/** A head as a person writes it: prior weights, and what turns their sum into a value. */
export interface PriorHead<P extends Prior = Prior> {
  readonly prior: P
  /** Default 0. */
  readonly bias?: number
  /** Default `identity`. */
  readonly link?: Link
}

/** The head of a linear model that prior weights stand for; its terms in the order they were written. */
export function priorHead(outcome: string, { prior, bias = 0, link = 'identity' }: PriorHead) {
  const terms = Object.entries(prior).map(([feature, weight]) => priorTerm(feature, weight))
  return { outcome, link, bias, terms } satisfies LinearHead
}

function priorTerm(feature: string, prior: NumberPrior | CategoryPrior): LinearTerm {
  if (typeof prior === 'number') return { feature, weight: prior }
  if ('values' in prior)
    return {
      feature,
      transform: { kind: 'onehot', values: Object.keys(prior.values) },
      weights: Object.values(prior.values),
    }
  if ('bounds' in prior)
    return {
      feature,
      transform: { kind: 'bucketize', bounds: prior.bounds },
      weights: prior.weights,
    }
  return { feature, transform: prior.transform as { kind: 'identity' }, weight: prior.weight }
}
