import type { NotCounted, Voucher } from './event-trust.ts'

/** What happened to one item or user, as it was accepted and as it is stored. */
export interface OutcomeEvent {
  readonly id: string
  readonly type: string
  readonly item: string | null
  /** The user's pseudonym; null for guests. */
  readonly user: string | null
  /** Where the item stood, from 1; null where nobody said. */
  readonly position: number | null
  readonly value: number | null
  /** When it happened: corrected and clamped client time, epoch ms. */
  readonly eventTimeMs: number
  /** When it arrived, epoch ms. */
  readonly receivedMs: number
  /** The time that finds its row of dedupe keys (`keyTimeMs`): the same for a duplicate. */
  readonly keyTimeMs: number
  /** `counted`, or why it is kept in the lake only. */
  readonly trust: 'counted' | NotCounted
  /** What makes it count; null where nothing does. */
  readonly voucher: Voucher | null
  readonly decisionId: string | null
  readonly useCase: string | null
  readonly variant: string | null
  readonly model: string | null
  /** The id of the event that this one takes back; it repeats that one's other fields. */
  readonly retracts: string | null
  readonly properties: Readonly<Record<string, unknown>>
  readonly consent: { readonly personalize: boolean; readonly train: boolean }
}

/** An event as predicates see it. */
export interface EventView {
  readonly id: string
  readonly type: string
  readonly item: string | null
  readonly user: string | null
  readonly position: number | null
  /** NaN where the event carries none, so that every comparison is false. */
  readonly value: number
  readonly timeMs: number
  readonly useCase: string | null
  readonly variant: string | null
  readonly model: string | null
  readonly properties: Readonly<Record<string, unknown>>
}

/** The view of a stored event. */
export function eventView(event: OutcomeEvent): EventView {
  const { id, type, item, user, position, useCase, variant, model, properties } = event
  return {
    ...{ id, type, item, user, position, useCase, variant, model, properties },
    value: event.value ?? Number.NaN,
    timeMs: event.eventTimeMs,
  }
}

/** A predicate over events; it must be pure, and its meaning part of a version where one is asked for. */
export type When = (event: EventView) => boolean
