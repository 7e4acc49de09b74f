import type { OutcomeEvent } from '../core/event-envelope.ts'
import type { FieldValue } from '../core/field.ts'
import { isEntityChange, isOutcomeEvent } from './message-checks.ts'

/** What somebody pushed for a record, on its way to the lake. */
export interface EntityChange {
  readonly entity: string
  /** The id under which the record is kept: a pseudonym where it is a person's. */
  readonly id: string
  /** A null removes the attribute. Null in place of them: the record was removed. */
  readonly attributes: Readonly<Record<string, FieldValue | null>> | null
  readonly updatedAtMs: number
  readonly receivedMs: number
}

/** A message of the queue: one decision as `encodeDecision` wrote it, or a pack of what is small. */
export type Message =
  | { readonly kind: 'decision'; readonly record: Uint8Array }
  | { readonly kind: 'outcomes'; readonly events: readonly OutcomeEvent[] }
  | { readonly kind: 'entities'; readonly changes: readonly EntityChange[] }

/** Why bytes are not a message. */
export type Unreadable = 'not_bytes' | 'not_a_message' | 'unknown_version' | 'malformed'

/** A message in bytes, and how many things it tells of. */
export interface Packed {
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly count: number
}

/** `EWM`, then the version of the format and the kind. */
const MAGIC = [0x45, 0x57, 0x4d] as const
const VERSION = 1
const HEAD_BYTES = 5
const KINDS = ['decision', 'outcomes', 'entities'] as const

/** Packs stay within one billing unit of 64 KB. */
const PACK_BYTES = 63 * 1_024

/** The message of one decision. */
export function decisionMessage(record: Uint8Array): Uint8Array<ArrayBuffer> {
  return framed('decision', record)
}

/** Messages of events in their order, each within one billing unit where its events are. */
export function outcomeMessages(events: readonly OutcomeEvent[]): Packed[] {
  return packs('outcomes', events)
}

/** Messages of changes in their order, like {@link outcomeMessages}. */
export function entityMessages(changes: readonly EntityChange[]): Packed[] {
  return packs('entities', changes)
}

/** What the body of a message says, or why it says nothing. Never throws. A record is not looked into. */
export function parseMessage(body: unknown): Message | { readonly unreadable: Unreadable } {
  const bytes = bytesOf(body)
  if (bytes === null) return { unreadable: 'not_bytes' }
  if (bytes.length <= HEAD_BYTES || MAGIC.some((byte, at) => bytes[at] !== byte))
    return { unreadable: 'not_a_message' }
  const kind = KINDS[bytes[4]]
  // From a version yet to come, in the middle of a deploy: it can be sent again.
  if (bytes[3] !== VERSION || kind === undefined) return { unreadable: 'unknown_version' }
  const payload = bytes.subarray(HEAD_BYTES)
  if (kind === 'decision') return { kind, record: payload }
  const list = parsedList(payload)
  if (kind === 'outcomes' && list?.every(isOutcomeEvent)) return { kind, events: list }
  if (kind === 'entities' && list?.every(isEntityChange)) return { kind, changes: list }
  return { unreadable: 'malformed' }
}

/** The bytes of a message's body; null where it has another type. */
export function bytesOf(body: unknown): Uint8Array | null {
  if (body instanceof ArrayBuffer) return new Uint8Array(body)
  if (ArrayBuffer.isView(body)) return new Uint8Array(body.buffer, body.byteOffset, body.byteLength)
  return null
}

function framed(kind: Message['kind'], payload: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(HEAD_BYTES + payload.length)
  bytes.set([...MAGIC, VERSION, KINDS.indexOf(kind)])
  bytes.set(payload, HEAD_BYTES)
  return bytes
}

function packs(kind: Message['kind'], list: readonly object[]): Packed[] {
  const encoder = new TextEncoder()
  const packed: Packed[] = []
  let texts: string[] = []
  let size = 0
  const close = () => {
    if (texts.length === 0) return
    const bytes = framed(kind, encoder.encode(`[${texts.join(',')}]`))
    packed.push({ bytes, count: texts.length })
    texts = []
    size = 0
  }
  for (const one of list) {
    const text = JSON.stringify(one)
    // In UTF-8; most texts are ASCII, and three bytes are the most a code unit takes.
    const bytes = isAscii(text) ? text.length : encoder.encode(text).length
    if (size + bytes > PACK_BYTES) close()
    texts.push(text)
    size += bytes + 1
  }
  close()
  return packed
}

function isAscii(text: string): boolean {
  return !/[^\0-\x7f]/.test(text)
}

function parsedList(payload: Uint8Array): unknown[] | null {
  try {
    const list: unknown = JSON.parse(
      new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(payload),
    )
    return Array.isArray(list) ? list : null
  } catch {
    return null
  }
}
