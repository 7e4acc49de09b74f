import type * as z from 'zod'
import type { DecisionContext } from './context.ts'
import { fingerprint } from './fingerprint.ts'

declare const valueType: unique symbol

/** Something a stage reads; the name it is read under is the key in the stage's `reads`. */
export interface Read<Value> {
  readonly read:
    | 'record'
    | 'context'
    | 'given'
    | 'retrieved'
    | 'candidate'
    | 'time'
    | 'recent'
    | 'derived'
  /** Whether the value differs between the candidates of one decision. A record's depends on its alias. */
  readonly perCandidate: boolean
  /** Part of the definition hash of every stage that reads it. */
  readonly hash: unknown
  readonly [valueType]?: Value
}

/** What a stage's functions receive: a value for each read, under the same key. */
export type ValuesOf<Reads> = {
  readonly [K in keyof Reads]: Reads[K] extends Read<infer Value> ? Value : never
}

export type Reads = Readonly<Record<string, Read<unknown>>>

/** Fields of a record: of the candidate where the alias is the candidates' entity, else of a bound record. */
export interface RecordRead<Name extends string = string, Value = unknown> extends Read<Value> {
  readonly read: 'record'
  readonly entity: Name
  readonly fields: readonly string[]
  readonly required: boolean
}

/** See {@link Entity.pick} and {@link Entity.maybe}, which make these. */
export function recordRead<Name extends string, Value>(
  entity: Name,
  fields: readonly string[],
  required: boolean,
): RecordRead<Name, Value> {
  return {
    read: 'record',
    perCandidate: false,
    entity,
    fields,
    required,
    hash: [entity, [...fields].sort(), required],
  }
}

type Shape = Readonly<Record<string, z.ZodType>>
type ShapeValues<S extends Shape> = { readonly [K in keyof S]: z.output<S[K]> | undefined }

/** Named values from outside, checked by a schema each; undefined where absent or not valid. */
export interface ShapeRead<Value> extends Read<Value> {
  readonly read: 'context' | 'given'
  readonly shape: Shape
}

/** Fields of the request's `context`: `context({ device: z.enum(['phone', 'desk']) })`. */
export function context<const S extends Shape>(shape: S): ShapeRead<ShapeValues<S>> {
  return {
    read: 'context',
    perCandidate: false,
    shape,
    hash: ['context', Object.keys(shape).sort()],
  }
}

/** Fields the caller sends with each candidate: `given({ bm25: z.number() })`. */
export function given<const S extends Shape>(shape: S): ShapeRead<ShapeValues<S>> {
  return { read: 'given', perCandidate: true, shape, hash: ['given', Object.keys(shape).sort()] }
}

/** What a source said of the candidate. */
export interface RetrievedRead extends Read<number | undefined> {
  readonly read: 'retrieved'
  readonly source: string
}

/** The retrieval score that source `name` gave the candidate; undefined where that source did not draw it. */
export function retrieved(name: string): RetrievedRead {
  return { read: 'retrieved', perCandidate: true, source: name, hash: ['retrieved', name] }
}

/** The candidate itself. `slot` is its place in the candidates' table, -1 where no record is known. */
export interface CandidateView {
  readonly id: string
  readonly slot: number
}

/** The candidate's id and slot. */
export const candidate: Read<CandidateView> = {
  read: 'candidate',
  perCandidate: true,
  hash: 'candidate',
}

/** The time of the decision, epoch ms. */
export const clock: Read<number> = { read: 'time', perCandidate: false, hash: 'time' }

/** Something the visitor did a moment ago, as the client remembers it. */
export interface Interaction {
  readonly type: string
  readonly item: string
  readonly atMs: number
  readonly value?: number
}

/** The session's last interactions (`context.recent`), newest first. */
export const recent: Read<readonly Interaction[]> = {
  read: 'recent',
  perCandidate: false,
  hash: 'recent',
}

/** A value computed once per decision and shared by every stage that reads it. */
export interface DerivedRead<Value> extends Read<Value> {
  readonly read: 'derived'
  readonly name: string
  readonly reads: Reads
  readonly compute: (values: never, context: DecisionContext) => Value
}

/**
 * Declares a value that several stages share, computed at most once per decision from reads that do not
 * depend on the candidate. Raise `version` when `compute` changes its meaning.
 */
export function derive<const R extends Reads, Value>(
  name: string,
  options: {
    readonly version?: number
    readonly reads: R
    readonly compute: (values: ValuesOf<R>, context: DecisionContext) => Value
  },
): DerivedRead<Value> {
  return {
    read: 'derived',
    perCandidate: false,
    name,
    reads: options.reads,
    compute: options.compute as (values: never, context: DecisionContext) => Value,
    hash: fingerprint([name, options.version ?? 1, hashOfReads(options.reads)]),
  }
}

/** The part of a definition hash that the reads make, in the order of their names. */
export function hashOfReads(reads: Reads): unknown {
  return Object.entries(reads)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([alias, read]) => [alias, read.hash])
}
