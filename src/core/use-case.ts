import * as z from 'zod'
import type { Binding, Entity } from './entity.ts'
import type { Constraint, Ranker } from './rank.ts'
import type { DecideRequest } from './request.ts'
import type { Feature, FeatureKind, Filter, Scorer, Source } from './stage.ts'

/** The kinds of a list of features by name. */
export type KindsOf<F extends readonly Feature[]> = {
  readonly [X in F[number] as X['name']]: X['kind']
}

/** What prior weights may be, by the kind of the feature they name; a wrong name says so in its place. */
export type CheckedPrior<F extends readonly Feature[], P> = {
  readonly [K in keyof P]: K extends F[number]['name']
    ? PriorOf<KindsOf<F>[K & keyof KindsOf<F>]>
    : `featurize has no feature named '${K & string}'`
}

type PriorOf<Kind> = Kind extends 'number' ? NumberPrior : CategoryPrior

/** The prior weight of a number feature: of the number itself, or of a transform of it. */
export type NumberPrior =
  | number
  | {
      readonly weight: number
      readonly transform:
        | { readonly kind: 'identity' | 'log1p' | 'missing' }
        | { readonly kind: 'standardize'; readonly mean: number; readonly std: number }
    }
  | { readonly bounds: readonly number[]; readonly weights: readonly number[] }

/** The prior weights of a category feature's values. */
export interface CategoryPrior {
  readonly values: Readonly<Record<string, number>>
}

/** A request as a use case sees it: `context` is what the use case declared. */
export type RequestOf<Context> = Omit<DecideRequest, 'context'> & { readonly context: Context }

type Shape = Readonly<Record<string, z.ZodType>>
type ContextOf<S extends Shape> = z.output<z.ZodObject<S>>

/** What a team writes for one use case. */
export interface UseCaseOptions<F extends readonly Feature[], P, S extends Shape> {
  /** Kebab-case; part of the URL. */
  readonly id: string
  readonly owner: string
  /** One line for people. */
  readonly about?: string
  /** The entity whose records are ranked. */
  readonly candidates: Entity
  /** Fields of the request's `context` beside `recent`. */
  readonly request?: S
  /** The records a request means, by the alias under which stages read them. */
  readonly context?: Readonly<Record<string, Binding<RequestOf<ContextOf<S>>>>>
  readonly generate: readonly Source[]
  readonly filter?: readonly Filter[]
  readonly featurize: F
  readonly score: Scorer<P> & Scorer<CheckedPrior<F, P>>
  readonly rank: Ranker
  /** Rules about the slate that hold under every ranker. */
  readonly constraints?: readonly Constraint[]
  /** What an outcome is worth: the weights of the heads and of the reward. */
  readonly objective: Readonly<Record<string, number>>
  /** What counts as seen: an impression event, or being served. */
  readonly exposure: 'impression' | 'served'
  /** Ids its owner vouches for when nothing else is known, best first. */
  readonly fallback: readonly string[]
  /** Default 150. */
  readonly budgetMs?: number
  /** How long a decision may wait for pages in a cold isolate. Default 800. */
  readonly coldBudgetMs?: number
  /** `explain` with the publishable key. Default false. */
  readonly publicExplain?: boolean
  /** `signed`: the publishable key must bring a token for the user id. Default `claimed`. */
  readonly identity?: 'claimed' | 'signed'
}

/** A use case as the engine sees it, with defaults filled in. */
export interface UseCase {
  readonly id: string
  readonly owner: string
  readonly about: string
  readonly candidates: Entity
  /** Schema of the request's `context` without `recent`. */
  readonly request: z.ZodObject
  readonly context: Readonly<Record<string, Binding<DecideRequest>>>
  readonly generate: readonly Source[]
  readonly filter: readonly Filter[]
  readonly featurize: readonly Feature<string, FeatureKind>[]
  readonly score: Scorer
  readonly rank: Ranker
  readonly constraints: readonly Constraint[]
  readonly objective: Readonly<Record<string, number>>
  readonly exposure: 'impression' | 'served'
  readonly fallback: readonly string[]
  readonly budgetMs: number
  readonly coldBudgetMs: number
  readonly publicExplain: boolean
  readonly identity: 'claimed' | 'signed'
}

/**
 * Declares a use case. Names of features flow from `featurize` into the prior weights of `score`: a
 * misspelt one does not compile. Contradictions that types cannot see stop the start (see `planOf`).
 */
export function defineUseCase<const F extends readonly Feature[], const P, S extends Shape = {}>(
  options: UseCaseOptions<F, P, S>,
): UseCase {
  return {
    about: '',
    filter: [],
    constraints: [],
    budgetMs: 150,
    coldBudgetMs: 800,
    publicExplain: false,
    identity: 'claimed',
    ...options,
    request: z.strictObject(options.request ?? {}),
    context: (options.context ?? {}) as UseCase['context'],
    score: options.score as Scorer,
  }
}
