import type { DecisionContext } from './context.ts'
import type { AttributeShapes, AttributeValue, Entity } from './entity.ts'
import { EdgewheelError } from './errors.ts'
import { fingerprint } from './fingerprint.ts'
import type { LinearModel } from './linear-model.ts'
import type { FeatureMatrix } from './matrix.ts'
import { hashOfReads, type Reads, type ValuesOf } from './read.ts'
import type { Ranking } from './table.ts'

const STAGE_NAME = /^[a-z][a-z0-9_]{0,63}$/

function checkName(kind: string, name: string): void {
  if (!STAGE_NAME.test(name))
    throw new EdgewheelError(
      'invalid_definition',
      `${kind} '${name}': use snake_case, at most 64 characters`,
    )
}

// ── generate ────────────────────────────────────────────────────────────────────────────────────

/** Candidates by id, best first, for sources that ask another system. */
export interface DrawnIds {
  readonly ids: readonly string[]
  readonly scores?: readonly number[]
}

/** A candidate source. The engine draws what is eligible from its answer, at most `limit`. */
export interface Source {
  readonly stage: 'generate'
  readonly name: string
  readonly limit: number
  /** How long this source may take; default: what the decision's budget leaves. */
  readonly timeoutMs: number | undefined
  readonly when: ((context: DecisionContext) => boolean) | undefined
  readonly reads: Reads
  readonly generate: (
    values: never,
    context: DecisionContext,
    signal: AbortSignal,
  ) => Ranking | DrawnIds | Promise<Ranking | DrawnIds>
}

/**
 * Declares a source of candidates. `generate` may wait; all other stages may not. It answers with slots
 * of `context.items` (a whole ordering is fine: only what passes the filters is drawn) or with ids.
 */
export function source<const R extends Reads>(
  name: string,
  options: {
    readonly limit: number
    readonly timeoutMs?: number
    readonly when?: (context: DecisionContext) => boolean
    readonly reads?: R
    readonly generate: (
      values: ValuesOf<R>,
      context: DecisionContext,
      signal: AbortSignal,
    ) => Ranking | DrawnIds | Promise<Ranking | DrawnIds>
  },
): Source {
  checkName('source', name)
  if (!Number.isInteger(options.limit) || options.limit < 1 || options.limit > 500)
    throw new EdgewheelError(
      'invalid_definition',
      `source ${name}: limit is a whole number from 1 to 500`,
    )
  return {
    stage: 'generate',
    name,
    limit: options.limit,
    timeoutMs: options.timeoutMs,
    when: options.when,
    reads: options.reads ?? {},
    generate: options.generate as Source['generate'],
  }
}

// ── filter ──────────────────────────────────────────────────────────────────────────────────────

/** What becomes of a candidate where a field that a filter needs is missing. There is no default. */
export type OnMissing = 'keep' | 'drop'

/** Decides which candidates may be considered at all. */
export interface Filter {
  readonly stage: 'filter'
  readonly name: string
  readonly onMissing: OnMissing
  readonly reads: Reads
  readonly keep: (values: never) => boolean
}

/** Declares a filter. It never fails open unless its author wrote `onMissing: 'keep'`. */
export function filter<const R extends Reads>(
  name: string,
  options: {
    readonly reads: R
    readonly onMissing: OnMissing
    readonly keep: (values: ValuesOf<R>) => boolean
  },
): Filter {
  checkName('filter', name)
  return {
    stage: 'filter',
    name,
    onMissing: options.onMissing,
    reads: options.reads,
    keep: options.keep as Filter['keep'],
  }
}

// ── featurize ───────────────────────────────────────────────────────────────────────────────────

/** A feature is a float32 number or a category: 0..n strings. */
export type FeatureKind = 'number' | 'category'

/** One named input of the scorer, the same online, in the log and offline. */
export interface Feature<Name extends string = string, Kind extends FeatureKind = FeatureKind> {
  readonly stage: 'featurize'
  readonly name: Name
  readonly kind: Kind
  /** Changes with name, version, kind and reads; a model trained on another definition is refused. */
  readonly hash: string
  readonly fallback: Kind extends 'number' ? number : readonly string[]
  readonly reads: Reads
  /** Reads one field of the candidate's record straight from its column; then `compute` is not called. */
  readonly column:
    | { readonly entity: string; readonly field: string; readonly map?: (value: number) => number }
    | undefined
  readonly compute: (values: never) => number | string | readonly string[] | undefined
}

interface FeatureOptions<R extends Reads, Value, Fallback> {
  /** Raise it when `compute` changes its meaning. Default 1. */
  readonly version?: number
  readonly reads: R
  /** The value where a needed field is missing, or `compute` gives none. Required. */
  readonly fallback: Fallback
  readonly compute: (values: ValuesOf<R>) => Value | undefined
}

function featureHash(name: string, kind: FeatureKind, version: number, reads: unknown): string {
  return fingerprint([name, version, kind, reads])
}

/** Declares a number feature. Results that are not finite count as missing. */
export function feature<const Name extends string, const R extends Reads>(
  name: Name,
  options: FeatureOptions<R, number, number>,
): Feature<Name, 'number'> {
  checkName('feature', name)
  return {
    stage: 'featurize',
    name,
    kind: 'number',
    hash: featureHash(name, 'number', options.version ?? 1, hashOfReads(options.reads)),
    fallback: options.fallback,
    reads: options.reads,
    column: undefined,
    compute: options.compute as (values: never) => number | undefined,
  }
}

/** Declares a category feature: one string, several, or none (an empty list). */
export function category<const Name extends string, const R extends Reads>(
  name: Name,
  options: FeatureOptions<R, string | readonly string[], readonly string[]>,
): Feature<Name, 'category'> {
  checkName('feature', name)
  return {
    stage: 'featurize',
    name,
    kind: 'category',
    hash: featureHash(name, 'category', options.version ?? 1, hashOfReads(options.reads)),
    fallback: options.fallback,
    reads: options.reads,
    column: undefined,
    compute: options.compute as (values: never) => string | readonly string[] | undefined,
  }
}

/** The attributes of an entity whose values are of one type. */
export type FieldsOfType<Shapes extends AttributeShapes, Value> = {
  [K in keyof Shapes]: AttributeValue<Shapes[K]> extends Value ? K : never
}[keyof Shapes] &
  string

/**
 * A number feature that is a field of the candidate's record, optionally mapped (`Math.log1p`). The
 * fastest kind: the engine reads its column. Raise `version` when `map` changes.
 */
export function column<const Name extends string, Shapes extends AttributeShapes>(
  name: Name,
  entity: Entity<string, Shapes>,
  field: FieldsOfType<Shapes, number | boolean>,
  options: {
    readonly fallback: number
    readonly version?: number
    readonly map?: (value: number) => number
  },
): Feature<Name, 'number'> {
  checkName('feature', name)
  const reads = { [entity.name]: entity.pick(field) } as Reads
  return {
    stage: 'featurize',
    name,
    kind: 'number',
    hash: featureHash(name, 'number', options.version ?? 1, hashOfReads(reads)),
    fallback: options.fallback,
    reads,
    column: { entity: entity.name, field, map: options.map },
    compute: () => undefined,
  }
}

/** A category feature that is a string or list-of-strings field of the candidate's record. */
export function labels<const Name extends string, Shapes extends AttributeShapes>(
  name: Name,
  entity: Entity<string, Shapes>,
  field: FieldsOfType<Shapes, string | readonly string[]>,
  options: { readonly fallback: readonly string[]; readonly version?: number },
): Feature<Name, 'category'> {
  checkName('feature', name)
  const reads = { [entity.name]: entity.pick(field) } as Reads
  return {
    stage: 'featurize',
    name,
    kind: 'category',
    hash: featureHash(name, 'category', options.version ?? 1, hashOfReads(reads)),
    fallback: options.fallback,
    reads,
    column: { entity: entity.name, field },
    compute: () => undefined,
  }
}

// ── score ───────────────────────────────────────────────────────────────────────────────────────

/** One addend of a raw score. `raw` = bias + contributions in the order listed, exactly. */
export interface Contribution {
  /** The feature, or the features of a cross joined by `^`. */
  readonly feature: string
  /** The feature's value as served: a float32 number, or the category's strings. */
  readonly value: number | readonly string[]
  readonly status: string
  /** What the term's transform made of the value. */
  readonly input: number | string
  readonly weight: number
  readonly contribution: number
}

/** How one head came to its value. */
export interface HeadExplanation {
  readonly raw: number
  readonly bias: number
  readonly link: 'identity' | 'logit'
  /** link(raw) */
  readonly value: number
  readonly contributions: readonly Contribution[]
}

/** A scorer bound to the features of one chain. */
export interface BoundScorer {
  readonly heads: readonly string[]
  /** Σ of the heads' weights × values, or the only head's value, by row; float64. */
  score(matrix: FeatureMatrix): Float64Array
  explain(matrix: FeatureMatrix, row: number): ReadonlyMap<string, HeadExplanation>
}

/** Turns features into one score a candidate; `P` are its prior weights by feature. */
export interface Scorer<out P = unknown> {
  readonly stage: 'score'
  readonly name: string
  /** Binds a model, or the prior weights where there is none. Throws `model_rejected` where one does not fit. */
  bind(
    features: readonly Feature[],
    objective: Readonly<Record<string, number>>,
    model: LinearModel | null,
  ): BoundScorer
  /** Only a type: which features the prior weights name. */
  readonly prior?: P
}
