import type { FeatureMatrix } from './matrix.ts'
import { chainOf, type Plan } from './plan.ts'
import type { Drop } from './pool.ts'
import type { Choice, RankColumn } from './rank.ts'
import type { DecideRequest } from './request.ts'
import type { Slate } from './run.ts'
import type { StageReport } from './trace.ts'

/**
 * One decision as it is logged: enough to replay it, to train from it, and to judge another policy with it.
 * Everything by row is in the order of the pool.
 */
export interface DecisionEvent {
  readonly decisionId: string
  readonly decidedAtMs: number
  readonly useCase: string
  /** The plan's fingerprint. */
  readonly chain: string
  readonly ranker: Readonly<Record<string, unknown>>
  readonly constraints: readonly Readonly<Record<string, unknown>>[]
  /** `movies-home@3`, or null where prior weights served. */
  readonly model: string | null
  readonly variant: string
  readonly degraded: readonly string[]
  /** The request without its candidates (they are the pool); see {@link loggedRequest}. */
  readonly request: Readonly<Record<string, unknown>>
  /** Slots asked for. */
  readonly limit: number
  readonly features: readonly LoggedFeature[]
  readonly sourceNames: readonly string[]
  readonly ids: readonly string[]
  /** Bits by source. */
  readonly sources: Uint32Array
  /** By source, then row; NaN where that source did not draw the row. */
  readonly retrieval: readonly Float32Array[]
  readonly scores: Float64Array
  readonly matrix: FeatureMatrix
  /** What each constraint read. */
  readonly rankColumns: readonly RankColumn[]
  /** The slate, first position first. */
  readonly choices: readonly Choice[]
  /** Positions at which constraints gave way. */
  readonly relaxed: readonly number[]
  /** Ids served in place of a slate. */
  readonly fallback: readonly string[]
  readonly drops: readonly Drop[]
  readonly trace: readonly StageReport[]
  /** False where rows had to go so that the record fits: it is neither replayed nor used off-policy. */
  readonly complete: boolean
}

/** A feature as a decision knew it. */
export interface LoggedFeature {
  readonly name: string
  readonly kind: 'number' | 'category'
  readonly hash: string
}

/** What a decision adds to its slate. */
export interface DecisionFacts {
  readonly decisionId: string
  readonly decidedAtMs: number
  readonly model: string | null
  readonly variant: string
  readonly degraded: readonly string[]
  readonly trace: readonly StageReport[]
}

/** The event of a decision that was just made. It shares the slate's arrays: encode it before they change. */
export function decisionEvent(plan: Plan, slate: Slate, facts: DecisionFacts): DecisionEvent {
  const { pool, context, chosen } = slate
  const { rank, constraints } = chainOf(plan.useCase)
  const ids: string[] = []
  for (let row = 0; row < pool.size; row++) ids.push(pool.idOf(row))
  const { decisionId, decidedAtMs, model, variant, degraded, trace } = facts
  return {
    decisionId,
    decidedAtMs,
    useCase: plan.useCase.id,
    chain: plan.fingerprint,
    ranker: rank,
    constraints,
    model,
    variant,
    degraded,
    request: loggedRequest(context.request),
    limit: context.request.limit,
    features: plan.useCase.featurize.map(({ name, kind, hash }) => ({ name, kind, hash })),
    sourceNames: pool.sourceNames,
    ids,
    sources: pool.sources.subarray(0, pool.size),
    retrieval: pool.retrieval.map((scores) => scores.subarray(0, pool.size)),
    scores: slate.scores,
    matrix: slate.matrix,
    rankColumns: slate.rankColumns,
    choices: chosen.choices,
    relaxed: chosen.relaxed,
    fallback: slate.items.filter(({ row }) => row < 0).map(({ id }) => id),
    drops: slate.drops,
    trace,
    complete: true,
  }
}

const REQUEST_BYTES = 8_192

/**
 * A request as JSON, at most about 8 KB: what does not fit is left out, the longest part first, and named
 * in `omitted`. Candidates are left out always; whose request it was and what they consented to never.
 */
export function loggedRequest(request: DecideRequest): Record<string, unknown> {
  const { user, context, limit, exclude, filter, consent } = request
  const parts: Record<string, unknown> = {
    'user.attributes': Object.fromEntries(user.attributes),
    context,
    limit,
    exclude: [...exclude],
    filter,
  }
  const sizes = Object.entries(parts)
    .map(([name, part]): [string, number] => [name, JSON.stringify(part)?.length ?? 0])
    .sort(([, a], [, b]) => b - a)
  let size = sizes.reduce((sum, [, length]) => sum + length, 0)
  const omitted: string[] = []
  for (const [name, length] of sizes) {
    if (size <= REQUEST_BYTES) break
    size -= length
    omitted.push(name)
    delete parts[name]
  }
  const { 'user.attributes': attributes, ...others } = parts
  const logged = { user: { id: user.id, attributes }, ...others, consent }
  return omitted.length > 0 ? { ...logged, omitted } : logged
}
