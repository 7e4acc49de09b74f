import { fromBase64, toBase64 } from '../store/base64.ts'
import { contentHash } from './lake.ts'
import { bytesOf, type Unreadable } from './message.ts'

/** Why a message was set aside. */
export type FailedReason = Unreadable | 'dead_letter'

/** A message that was set aside: what is needed to look at it, and to send it again. */
export interface FailedMessage {
  readonly reason: FailedReason
  readonly detail: string
  /** The queue's id of the message. */
  readonly id: string
  /** When it was sent, epoch ms. */
  readonly sentMs: number
  /** As it came; what was no bytes is its JSON. */
  readonly body: Uint8Array
}

const VERSION = 1
const PREFIX = 'failed/'

/** The failed form of a message of the queue. */
export function failedMessage(
  message: Message<unknown>,
  reason: FailedReason,
  detail = '',
): FailedMessage {
  const { id, timestamp, body } = message
  const sentMs = timestamp.getTime()
  return { reason, detail: detail.slice(0, 500), id, sentMs, body: bytesOf(body) ?? jsonOf(body) }
}

/**
 * Keeps messages as lines of `failed/date=…/*.ndjson` by the day they were sent, named by content. Rejects
 * where the bucket fails.
 */
export async function writeFailed(
  bucket: R2Bucket,
  messages: readonly FailedMessage[],
): Promise<void> {
  const byDate = Map.groupBy(messages, ({ sentMs }) => new Date(sentMs).toISOString().slice(0, 10))
  for (const [date, mine] of byDate) {
    const lines = mine.map(lineOf).sort()
    const bytes = new TextEncoder().encode(lines.map((line) => `${line}\n`).join(''))
    await bucket.put(`${PREFIX}date=${date}/${await contentHash(bytes)}.ndjson`, bytes)
  }
}

/** Which objects to list: of one day (`2026-09-21`) or all, there since before a time, behind a key. */
export interface FailedQuery {
  readonly date: string | null
  readonly beforeMs: number
  readonly after: string | null
  readonly limit: number
}

/** Keys of what was set aside, in their order; `next` is what to list `after`, null at the end. */
export async function listFailed(
  bucket: R2Bucket,
  { date, beforeMs, after, limit }: FailedQuery,
): Promise<{ keys: string[]; next: string | null }> {
  const prefix = date === null ? PREFIX : `${PREFIX}date=${date}/`
  const keys: string[] = []
  let cursor: string | undefined
  do {
    const from = cursor === undefined ? { startAfter: after ?? undefined } : { cursor }
    const page: R2Objects = await bucket.list({ prefix, ...from })
    for (const { key, uploaded } of page.objects) if (uploaded.getTime() <= beforeMs) keys.push(key)
    if (keys.length > limit) return { keys: keys.slice(0, limit), next: keys[limit - 1] }
    cursor = page.truncated ? page.cursor : undefined
  } while (cursor !== undefined)
  return { keys, next: null }
}

/** The messages of one object, and how many of its lines are none; null where it is gone. */
export async function readFailed(
  bucket: R2Bucket,
  key: string,
): Promise<{ messages: FailedMessage[]; broken: number } | null> {
  const object = await bucket.get(key)
  if (object === null) return null
  const lines = (await object.text()).split('\n').filter((line) => line !== '')
  const messages = lines.map(messageOf).filter((message) => message !== null)
  return { messages, broken: lines.length - messages.length }
}

function lineOf({ reason, detail, id, sentMs, body }: FailedMessage): string {
  return JSON.stringify({ version: VERSION, reason, detail, id, sentMs, body: toBase64(body) })
}

function messageOf(line: string): FailedMessage | null {
  try {
    const { version, reason, detail, id, sentMs, body } = JSON.parse(line)
    if (version !== VERSION || typeof body !== 'string') return null
    return { reason, detail, id, sentMs, body: fromBase64(body) }
  } catch {
    return null
  }
}

function jsonOf(body: unknown): Uint8Array {
  let text: string | undefined
  try {
    text = JSON.stringify(body)
  } catch {
    // A cycle or a bigint: there are no bytes of it to keep.
  }
  return new TextEncoder().encode(text ?? String(body))
}
