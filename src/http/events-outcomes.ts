import type { EventType } from '../core/event.ts'
import type { OutcomeEvent } from '../core/event-envelope.ts'
import { keyTimeMs } from '../core/event-key.ts'
import { receiptLifeMs } from '../core/event-outcome.ts'
import { eventTimeMs } from '../core/event-time.ts'
import { trustOf } from '../core/event-trust.ts'
import { itemHash, type ReceiptPayload, verifyReceipt } from '../core/receipt.ts'
import type { Runtime } from '../wheel/runtime.ts'
import type { KeyKind } from './auth.ts'
import { isUserEntity } from './entities.ts'
import type { RejectCode, WrittenEvent, WrittenItem } from './events-schema.ts'
import { timeMs } from './times.ts'

/** What all events of one request have in common. */
export interface Batch {
  readonly runtime: Runtime
  readonly kind: KeyKind
  /** `Sec-GPC: 1`: nothing of these events may be trained on, whatever they say. */
  readonly optedOut: boolean
  readonly sentMs: number | null
  readonly receivedMs: number
  readonly receiptLifeMs: number
  /** What a receipt says; verified once, however many events carry it. */
  receiptOf(receipt: string): ReceiptPayload | 'bad'
}

/** The batch of a request that arrives now. */
export function batchOf(
  runtime: Runtime,
  given: Pick<Batch, 'kind' | 'optedOut' | 'sentMs'>,
): Batch {
  const verified = new Map<string, ReceiptPayload | 'bad'>()
  return {
    ...given,
    runtime,
    receivedMs: Math.floor(runtime.clock.nowMs()),
    receiptLifeMs: receiptLifeMs(runtime.outcomes),
    receiptOf(receipt) {
      const known = verified.get(receipt)
      if (known) return known
      const payload = verifiedReceipt(runtime, receipt)
      verified.set(receipt, payload)
      return payload
    },
  }
}

function verifiedReceipt(runtime: Runtime, receipt: string): ReceiptPayload | 'bad' {
  try {
    return verifyReceipt(receipt, runtime.receiptKeys, runtime.digests.equal)
  } catch {
    return 'bad'
  }
}

/** What is stored of a checked event, by item; or what in it contradicts its receipt. */
export function outcomesOf(
  batch: Batch,
  type: EventType,
  event: WrittenEvent,
  items: readonly Partial<WrittenItem>[],
  value: number | null,
):
  | { readonly outcomes: readonly OutcomeEvent[] }
  | { readonly fault: readonly [RejectCode, readonly string[], string] } {
  const { runtime, kind, sentMs, receivedMs } = batch
  const receipt = event.receipt === undefined ? null : batch.receiptOf(event.receipt)
  const payload = receipt === 'bad' ? null : receipt
  if (payload && event.decisionId !== undefined && event.decisionId !== payload.decisionId)
    return {
      fault: ['invalid_id', ['decisionId'], 'the receipt is of another decision'],
    }
  // Anybody may write any decision's id; only the secret key, or a receipt, makes it one.
  const claimed = kind === 'secret' ? event.decisionId : undefined
  const decisionId = payload?.decisionId ?? claimed ?? null
  const createdMs = event.timestamp === undefined ? null : timeMs(event.timestamp)
  const decidedMs = keyTimeMs(decisionId, null)
  const named = event.user === undefined ? null : runtime.pseudonym(event.user)
  const shared = {
    id: event.id,
    type: event.type,
    user: type.user === null ? null : (named ?? payload?.user ?? null),
    value,
    eventTimeMs: eventTimeMs({
      ...{ createdMs, sentMs, receivedMs },
      receiptMs: payload?.decidedAtMs ?? decidedMs,
    }),
    receivedMs,
    // Without any time of its own, the batch's: the same where the same bytes are sent again.
    keyTimeMs: keyTimeMs(decisionId, createdMs) ?? sentMs ?? receivedMs,
    decisionId,
    useCase: payload?.useCase ?? null,
    variant: payload?.variant ?? null,
    model: payload?.model ?? null,
    retracts: event.retracts ?? null,
    properties: event.properties ?? {},
    consent: consentOf(batch, event, payload),
  }
  return {
    outcomes: items.map(({ id, position }) => {
      const item = id === undefined ? null : storedItem(runtime, type, id)
      const verdict = trustOf({
        ...{ key: kind, item, receivedMs },
        receipt: namesNobody(runtime, payload) ? { ...payload, user: NOBODY } : receipt,
        user: named,
        keyTimeMs: shared.keyTimeMs,
        receiptLifeMs: batch.receiptLifeMs,
      })
      return {
        ...shared,
        item,
        position: position ?? servedAt(payload, item),
        trust: 'voucher' in verdict ? 'counted' : verdict.notCounted,
        voucher: 'voucher' in verdict ? verdict.voucher : null,
      }
    }),
  }
}

/** No pseudonym is this. */
const NOBODY = '-'

/**
 * Where a use case asks for signed identities, a guest's receipt vouches for no user: else anybody could
 * write into anybody's record with it.
 */
function namesNobody(
  { plans }: Runtime,
  payload: ReceiptPayload | null,
): payload is ReceiptPayload {
  if (payload === null || payload.user !== null) return false
  return plans.get(payload.useCase)?.useCase.identity === 'signed'
}

/** Where the decision put the item, for events that do not say. */
function servedAt(payload: ReceiptPayload | null, item: string | null): number | null {
  const at = payload && item !== null ? payload.items.indexOf(itemHash(item)) : -1
  return at < 0 ? null : at + 1
}

/** Records of people are kept under pseudonyms, as items of events too. */
function storedItem(runtime: Runtime, { item }: EventType, id: string): string {
  const entity = item === null ? undefined : runtime.entities.get(item)
  return entity && isUserEntity(runtime, entity) ? runtime.pseudonym(id) : id
}

/** A no counts, whoever says it: the decision's consent, the event's, the browser. */
function consentOf(
  { optedOut }: Batch,
  { consent }: WrittenEvent,
  payload: ReceiptPayload | null,
): OutcomeEvent['consent'] {
  const decided = payload?.consent ?? { personalize: true, train: true }
  return {
    personalize: decided.personalize && (consent?.personalize ?? true),
    train: decided.train && (consent?.train ?? true) && !optedOut,
  }
}
