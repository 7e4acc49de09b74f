import { EdgewheelError } from './errors.ts'
import { murmur3 } from './murmur3.ts'

/** What a decision hands to the client, so that an outcome can be attributed without a lookup. */
export interface ReceiptPayload {
  readonly decisionId: string
  readonly decidedAtMs: number
  readonly useCase: string
  readonly variant: string
  readonly model: string | null
  /** The user's pseudonym; null for guests. */
  readonly user: string | null
  readonly consent: { readonly personalize: boolean; readonly train: boolean }
  /** {@link itemHash} of the served items in order. */
  readonly items: readonly string[]
}

/** A keyed digest, such as HMAC-SHA-256 with a signing secret. */
export type Mac = (text: string) => Uint8Array

/** A signing key: receipts name it, so that a rotated one still verifies. */
export interface ReceiptKey {
  readonly id: string
  readonly mac: Mac
}

/** 64 bits of an item's id, 11 base64url characters. */
export function itemHash(id: string): string {
  const bytes = new Uint8Array(8)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, murmur3(id, 0x5bd1e995))
  view.setUint32(4, murmur3(id, 0x1b873593))
  return base64url(bytes)
}

/** Signs a payload: `r1.<payload>.<mac>`, both base64url. */
export function signReceipt(payload: ReceiptPayload, key: ReceiptKey): string {
  const consent = (payload.consent.personalize ? 1 : 0) | (payload.consent.train ? 2 : 0)
  const body = JSON.stringify([
    key.id,
    payload.decisionId,
    payload.decidedAtMs,
    payload.useCase,
    payload.variant,
    payload.model,
    payload.user,
    consent,
    payload.items.join(''),
  ])
  const head = `r1.${base64url(new TextEncoder().encode(body))}`
  return `${head}.${base64url(key.mac(head))}`
}

/** The payload of a receipt that one of `keys` signed. Throws `bad_receipt` for everything else. */
export function verifyReceipt(
  receipt: string,
  keys: readonly ReceiptKey[],
  equal: (a: Uint8Array, b: Uint8Array) => boolean,
): ReceiptPayload {
  const [version, body, mac, ...rest] = receipt.split('.')
  if (version !== 'r1' || !body || !mac || rest.length > 0) throw bad('not a receipt')
  let fields: unknown
  let given: Uint8Array
  try {
    fields = JSON.parse(
      new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(fromBase64url(body)),
    )
    given = fromBase64url(mac)
  } catch (cause) {
    throw bad('not a receipt', cause)
  }
  if (!Array.isArray(fields) || fields.length !== 9) throw bad('not a receipt')
  const key = keys.find(({ id }) => id === fields[0])
  const expected = key?.mac(`r1.${body}`)
  // The last character of a base64url text has bits that decode to nothing: only one spelling is taken.
  if (!expected || given.length !== expected.length || base64url(given) !== mac)
    throw bad('the signature is not ours')
  if (!equal(expected, given)) throw bad('the signature is not ours')
  const [, decisionId, decidedAtMs, useCase, variant, model, user, consent, items] = fields
  return {
    decisionId,
    decidedAtMs,
    useCase,
    variant,
    model,
    user,
    consent: { personalize: (consent & 1) !== 0, train: (consent & 2) !== 0 },
    items: items.match(/.{11}/g) ?? [],
  }
}

function bad(message: string, cause?: unknown): EdgewheelError {
  return new EdgewheelError('bad_receipt', message, { cause })
}

function base64url(bytes: Uint8Array): string {
  let binary = ''
  for (const byte of bytes) binary += String.fromCharCode(byte)
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

function fromBase64url(text: string): Uint8Array {
  if (!/^[A-Za-z0-9_-]*$/.test(text)) throw new Error('not base64url')
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'))
  return Uint8Array.from(binary, (char) => char.charCodeAt(0))
}
