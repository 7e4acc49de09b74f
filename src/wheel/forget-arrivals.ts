import type { OutcomeEvent } from '../core/event-envelope.ts'
import { type Cutoffs, type ForgottenPeople, isForgotten } from './forget-cutoffs.ts'
import { forgetRow, isAboutForgotten } from './forget-parts.ts'
import type { PartKind } from './lake-key.ts'
import type { Row } from './lake-parquet.ts'

/** What a message of the queue becomes; of outcomes, a row for each event, in their order. */
export interface Arrival {
  readonly kind: PartKind
  readonly rows: readonly Row[]
  readonly events: readonly OutcomeEvent[]
}

/**
 * What arrives, without those who are forgotten. Events that were sent since are dropped; what was accepted
 * before counts for its items, and is nobody's. Decisions are a guest's. Asks once, and not at all where
 * nobody is named. Rejects where it cannot be known who is forgotten.
 */
export async function withoutForgotten<T extends Arrival>(
  people: ForgottenPeople,
  arrivals: readonly T[],
): Promise<readonly T[]> {
  const named = new Set(arrivals.flatMap((arrival) => peopleOf(people, arrival)))
  if (named.size === 0) return arrivals
  const cutoffs = await people.among([...named])
  if (cutoffs.size === 0) return arrivals
  return arrivals.map((arrival) => ({ ...arrival, ...forgetArrival(arrival, cutoffs) }))
}

function peopleOf(people: ForgottenPeople, { kind, rows }: Arrival): string[] {
  if (kind !== 'entity') return rows.flatMap(({ user_id: id }) => (id === null ? [] : [`${id}`]))
  const personal = rows.filter(({ entity }) => people.isPersonal(entity as string))
  return personal.flatMap(({ entity_id: id }) => (id as string).split(':'))
}

function forgetArrival({ kind, rows, events }: Arrival, cutoffs: Cutoffs) {
  const keptRows: Row[] = []
  const keptEvents: OutcomeEvent[] = []
  rows.forEach((row, at) => {
    const event = kind === 'outcome' ? events[at] : null
    if (!isAboutForgotten(kind, row, cutoffs)) {
      keptRows.push(row)
      if (event) keptEvents.push(event)
      return
    }
    if (event && isDropped(event, cutoffs)) return
    const kept = forgetRow(kind, row, cutoffs)
    if (kept) keptRows.push(kept)
    if (event) keptEvents.push(forgetEvent(event, cutoffs))
  })
  return { rows: keptRows, events: keptEvents }
}

/** Whether an event was sent after somebody in it was forgotten. */
export function isDropped({ user, item, receivedMs }: OutcomeEvent, cutoffs: Cutoffs): boolean {
  return [user, item].some((id) => {
    const cutoff = id === null ? undefined : cutoffs.get(id)
    return cutoff !== undefined && cutoff.atMs <= receivedMs && receivedMs < cutoff.beforeMs
  })
}

/** An event without those who are forgotten. */
export function forgetEvent(event: OutcomeEvent, cutoffs: Cutoffs): OutcomeEvent {
  const kept = (id: string | null) => (isForgotten(cutoffs, id, event.receivedMs) ? null : id)
  return { ...event, user: kept(event.user), item: kept(event.item) }
}
