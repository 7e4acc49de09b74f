import { timeOfUuidv7 } from './decision-id.ts'
import type { EventType } from './event.ts'
import type { OutcomeEvent } from './event-envelope.ts'
import { hash96 } from './event-hash.ts'

/** The fields of an event that its key is made of. */
export type KeyedEvent = Pick<OutcomeEvent, 'id' | 'item' | 'decisionId' | 'retracts' | 'voucher'>

/**
 * The key under which an event counts once (CONTRACT §2): (decision, item, type) for types declared `once`
 * where a decision is known, (decision, type, id) under a receipt, else (voucher, type, id). Events that
 * tell of several items have one key for each. A retraction has the key of what it takes back. The item is
 * in the text and not the user: a decision has one.
 */
export function dedupeKeyText(event: KeyedEvent, type: EventType): string {
  const { item, decisionId, voucher } = event
  const id = event.retracts ?? event.id
  // Ids hold no spaces and types no capitals: no two keys of different parts have one text.
  if (type.once && decisionId !== null) return `D ${decisionId} ${item} ${type.name}`
  const perItem = type.many === 'items' ? ` ${item}` : ''
  if (voucher === 'receipt' && decisionId !== null)
    return `R ${decisionId} ${type.name} ${id}${perItem}`
  return `V ${voucher} ${type.name} ${id}${perItem}`
}

/** The key as 96 bits, 16 base64url characters. */
export function dedupeKey(event: KeyedEvent, type: EventType): string {
  return hash96(dedupeKeyText(event, type))
}

/**
 * The key of taking back what has the same {@link dedupeKey}. An owner keeps both kinds in one set: an
 * event counts if neither is in it; a retraction, once itself, undoes the event whose key is in it.
 */
export function retractionKey(event: KeyedEvent, type: EventType): string {
  return hash96(`- ${dedupeKeyText(event, type)}`)
}

/**
 * The time of the row that holds an event's key, epoch ms: the decision's where the key has a decision,
 * else what the client wrote as the event's time, uncorrected. Null where there is neither: such an event
 * cannot be known again.
 */
export function keyTimeMs(decisionId: string | null, timestampMs: number | null): number | null {
  return (decisionId === null ? null : timeOfUuidv7(decisionId)) ?? timestampMs
}
