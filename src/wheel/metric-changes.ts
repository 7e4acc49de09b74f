import { timeOfUuidv7 } from '../core/decision-id.ts'
import type { EventType } from '../core/event.ts'
import { eventView, type OutcomeEvent } from '../core/event-envelope.ts'
import { hash96 } from '../core/event-hash.ts'
import { dedupeKeyText, retractionKey } from '../core/event-key.ts'
import { isOutcome, type Outcome } from '../core/event-outcome.ts'
import type { Row } from './lake-parquet.ts'
import { type MetricGroup, OTHER_POSITION, placeOf, type Tally } from './metric-counts.ts'

/** A decision to count. */
export interface CountedDecision extends MetricGroup {
  readonly decisionId: string
  readonly decidedAtMs: number
  /** Items on the page. */
  readonly served: number
}

/** An event to count, or to take back, under the hour of its decision. */
export interface CountedEvent {
  readonly decisionId: string
  readonly decidedAtMs: number
  /** Null where the event names the decision and nothing vouches for who made it: then its record tells. */
  readonly group: MetricGroup | null
  readonly place: number
  /** What it counts as; of a retraction: all that its type may have counted as. */
  readonly effects: readonly Effect[]
  readonly retractionKey: string
  readonly retraction: boolean
}

/** One thing that an event counts as. */
export interface Effect {
  readonly tally: Tally
  /** Under which it counts once. */
  readonly key: string
  /** Under which its place is found again; of a retraction: one for each place. Empty: the event's own is. */
  readonly placeKeys: readonly string[]
}

/** What one batch changes for one use case. */
export interface MetricChanges {
  readonly decisions: readonly CountedDecision[]
  readonly events: readonly CountedEvent[]
}

/** The definitions that say what an event counts as. */
export interface MetricDefinitions {
  readonly events: ReadonlyMap<string, EventType>
  readonly outcomes: readonly Outcome[]
}

/** The type of event that says that items came into view. */
export const IMPRESSION = 'impression'

/** The decision of a row of the lake. */
export function countedDecision(row: Row): CountedDecision {
  return {
    decisionId: row.decision_id as string,
    decidedAtMs: row.decided_at as number,
    variant: row.variant as string,
    model: row.model_version as string | null,
    served: (row.item_ids as readonly string[]).length,
  }
}

/** What an event counts as; null where it counts as nothing: it is not trusted, or of no decision. */
export function countedEvent(
  { events, outcomes }: MetricDefinitions,
  event: OutcomeEvent,
): CountedEvent | null {
  const type = events.get(event.type)
  const decidedAtMs = event.decisionId === null ? null : timeOfUuidv7(event.decisionId)
  if (!type || decidedAtMs === null || event.decisionId === null || event.trust !== 'counted')
    return null
  const retraction = event.retracts !== null
  const tallies = retraction
    ? talliesOf(type, outcomes)
    : talliesOfEvent(type, outcomes, event, decidedAtMs)
  if (tallies.length === 0) return null
  const place = placeOf(event.position)
  const text = dedupeKeyText(event, type)
  const { useCase, variant, model } = event
  return {
    decisionId: event.decisionId,
    decidedAtMs,
    group: useCase === null || variant === null ? null : { variant, model },
    place,
    effects: tallies.map((tally) => effectOf(text, tally, type, retraction ? null : place)),
    retractionKey: retractionKey(event, type),
    retraction,
  }
}

/** All that events of a type may count as. */
function talliesOf({ name }: EventType, outcomes: readonly Outcome[]): Tally[] {
  const named = outcomes.filter(({ type }) => type === name).map((one): Tally => `o:${one.name}`)
  return name === IMPRESSION ? ['i', ...named] : named
}

/** What one event of a decision counts as. */
export function talliesOfEvent(
  type: EventType,
  outcomes: readonly Outcome[],
  event: OutcomeEvent,
  decidedAtMs: number,
): Tally[] {
  const view = eventView(event)
  const met = outcomes.filter((outcome) => isOutcome(outcome, view, decidedAtMs))
  const named = met.map(({ name }): Tally => `o:${name}`)
  return type.name === IMPRESSION ? ['i', ...named] : named
}

function effectOf(text: string, tally: Tally, { many }: EventType, place: number | null): Effect {
  const placeKey = (at: number) => hash96(`${text} > ${tally} @ ${at}`)
  const places =
    place === null ? Array.from({ length: OTHER_POSITION + 1 }, (_, at) => at) : [place]
  return {
    tally,
    key: hash96(`${text} > ${tally}`),
    // A page of impressions would need twice the room; who takes one back says, by its receipt, where it was.
    placeKeys: many === 'items' ? [] : places.map(placeKey),
  }
}
