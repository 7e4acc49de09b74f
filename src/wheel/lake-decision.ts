import { decodeDecision } from '../core/decision-codec.ts'
import type { DecisionEvent } from '../core/decision-event.ts'
import type { PartFormat, Row } from './lake-parquet.ts'

/** Parts of decisions: columns for queries, and the record from which everything can be replayed. */
export const DECISION_PARTS: PartFormat = {
  kind: 'decision',
  version: 1,
  columns: [
    { name: 'schema_version', type: 'integer' },
    { name: 'decision_id', type: 'text' },
    { name: 'use_case', type: 'text' },
    { name: 'user_id', type: 'text', nullable: true },
    { name: 'decided_at', type: 'time' },
    { name: 'received_at', type: 'time' },
    { name: 'variant', type: 'text' },
    { name: 'model_version', type: 'text', nullable: true },
    { name: 'chain', type: 'text' },
    { name: 'consent_personalize', type: 'flag' },
    { name: 'consent_train', type: 'flag' },
    { name: 'degraded', type: 'text list' },
    { name: 'slots', type: 'integer' },
    { name: 'item_ids', type: 'text list' },
    { name: 'positions', type: 'integer list' },
    { name: 'scores', type: 'real list' },
    { name: 'propensities', type: 'real list' },
    { name: 'exclude', type: 'text list' },
    { name: 'pool_size', type: 'integer' },
    { name: 'dropped', type: 'integer' },
    { name: 'complete', type: 'flag' },
    { name: 'request', type: 'text' },
    { name: 'record', type: 'bytes' },
  ],
}

/** The row of a decision, from its record as it was logged. Throws `invalid_format`. */
export function decisionRow(record: Uint8Array): Row & { readonly decision_id: string } {
  const event = decodeDecision(record)
  const served = servedItems(event)
  const { user, consent, exclude } = event.request as LoggedParts
  return {
    schema_version: DECISION_PARTS.version,
    decision_id: event.decisionId,
    use_case: event.useCase,
    user_id: user?.id ?? null,
    decided_at: event.decidedAtMs,
    // A decision is made where its request arrives.
    received_at: event.decidedAtMs,
    variant: event.variant,
    model_version: event.model,
    chain: event.chain,
    // What a record does not say was not asked for.
    consent_personalize: consent?.personalize ?? false,
    consent_train: consent?.train ?? false,
    degraded: event.degraded,
    slots: event.limit,
    item_ids: served.map(({ id }) => id),
    positions: served.map(({ position }) => position),
    scores: served.map(({ score }) => score),
    propensities: served.map(({ propensity }) => propensity),
    exclude: exclude ?? [],
    pool_size: event.ids.length,
    dropped: event.drops.length,
    complete: event.complete,
    request: JSON.stringify(event.request),
    record,
  }
}

interface LoggedParts {
  readonly user?: { readonly id?: string }
  readonly consent?: { readonly personalize: boolean; readonly train: boolean }
  readonly exclude?: readonly string[]
}

/** An item of the page as it was served. */
export interface ServedItem {
  readonly id: string
  /** From 1. */
  readonly position: number
  /** Null for fallback items. */
  readonly score: number | null
  readonly propensity: number
  readonly sources: readonly string[]
  /** Row of the record; -1 for fallback items. */
  readonly row: number
}

/** The page as it was served. */
export function servedItems(event: DecisionEvent): ServedItem[] {
  if (event.choices.length === 0)
    return event.fallback.map((id, i) => ({
      ...{ id, position: i + 1, score: null, propensity: 1, sources: ['fallback'], row: -1 },
    }))
  return event.choices.map(({ index, propensity }, i) => ({
    id: event.ids[index],
    position: i + 1,
    score: event.scores[index],
    propensity,
    sources: sourcesOf(event, index),
    row: index,
  }))
}

/** The names of the sources that drew a row, in the order of the chain. */
export function sourcesOf({ sources, sourceNames }: DecisionEvent, row: number): string[] {
  return sourceNames.filter((_, source) => (sources[row] >>> source) & 1)
}
