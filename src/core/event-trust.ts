import { DAY_MS } from './duration.ts'
import { itemHash, type ReceiptPayload } from './receipt.ts'

/** What makes an event count: the secret key, a valid receipt, or history that is loaded under a ledger of its own. */
export type Voucher = 'secret' | 'receipt' | 'history'

/** Why an accepted event is kept in the lake only: never aggregated, never trained on. */
export type NotCounted =
  /** Sent with the publishable key, and without a receipt. */
  | 'no_receipt'
  /** The receipt was not signed by us, or was changed. */
  | 'bad_receipt'
  /** The receipt's life is over: the longest attribution window and a day. */
  | 'receipt_expired'
  /** The receipt is of a decision that did not serve this item. */
  | 'item_not_served'
  /** The receipt is of another user's decision. */
  | 'user_not_served'
  /** Older than the 14 days that the ledger reaches back; loading it as history counts it. */
  | 'too_old'
  /** Dated by its sender more than 14 days ahead of its arrival: the ledger keeps no row so long. */
  | 'too_new'
  /** Over the configured cap per user and network. */
  | 'over_rate'

/** How far back from its arrival an event may date and still be known as a duplicate. */
export const DEDUPE_HORIZON_MS = 14 * DAY_MS

/** What is known of an event when it is judged. */
export interface TrustClaim {
  readonly key: 'secret' | 'publishable' | 'history'
  /** `bad`: one was sent that does not verify. */
  readonly receipt: ReceiptPayload | 'bad' | null
  readonly item: string | null
  /** The pseudonym that the event names. */
  readonly user: string | null
  /** See `keyTimeMs`. */
  readonly keyTimeMs: number
  readonly receivedMs: number
  /** How long a receipt vouches, ms (`receiptLifeMs`). */
  readonly receiptLifeMs: number
}

/**
 * Whether an event counts and by what, or why not (CONTRACT §2, Trust). With the secret key it always may;
 * where a receipt covers it as well, the receipt vouches, so that both ways give one key.
 */
export function trustOf(
  claim: TrustClaim,
): { readonly voucher: Voucher } | { readonly notCounted: NotCounted } {
  if (claim.key === 'history') return { voucher: 'history' }
  const objection = receiptObjection(claim)
  if (objection !== null && claim.key === 'publishable') return { notCounted: objection }
  if (claim.receivedMs - claim.keyTimeMs > DEDUPE_HORIZON_MS) return { notCounted: 'too_old' }
  if (claim.keyTimeMs - claim.receivedMs > DEDUPE_HORIZON_MS) return { notCounted: 'too_new' }
  return { voucher: objection === null ? 'receipt' : 'secret' }
}

function receiptObjection(claim: TrustClaim): NotCounted | null {
  const { receipt, item, user } = claim
  if (receipt === null) return 'no_receipt'
  if (receipt === 'bad') return 'bad_receipt'
  if (claim.receivedMs - receipt.decidedAtMs > claim.receiptLifeMs) return 'receipt_expired'
  if (item !== null && !receipt.items.includes(itemHash(item))) return 'item_not_served'
  if (user !== null && receipt.user !== null && user !== receipt.user) return 'user_not_served'
  return null
}
