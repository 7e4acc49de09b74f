import type { OutcomeEvent } from '../core/event-envelope.ts'
import { type FailedMessage, readFailed, writeFailed } from './failed.ts'
import { forgetEvent, isDropped } from './forget-arrivals.ts'
import { type Cutoffs, forgottenPart, isForgotten } from './forget-cutoffs.ts'
import { forgetDecision, userOfDecision } from './forget-decision.ts'
import { decisionMessage, entityMessages, outcomeMessages, parseMessage } from './message.ts'

/**
 * Writes an object of `failed/` anew without those who are forgotten, then deletes the old one; how many
 * messages changed. What cannot be read goes, if somebody's pseudonym is in it.
 */
export async function forgetInFailed(
  bucket: R2Bucket,
  key: string,
  cutoffs: Cutoffs,
): Promise<number> {
  const read = await readFailed(bucket, key)
  if (read === null) return 0
  let changed = 0
  const kept = read.messages.flatMap((message) => {
    const bodies = forgetBody(message, cutoffs)
    if (bodies === null) return [message]
    changed++
    return bodies.map((body) => ({ ...message, body }))
  })
  if (changed === 0) return 0
  await writeFailed(bucket, kept)
  await bucket.delete(key)
  return changed
}

/** Bodies in place of a message's; null: it may stay as it is. */
function forgetBody({ body, sentMs }: FailedMessage, cutoffs: Cutoffs): Uint8Array[] | null {
  const text = new TextDecoder('latin1').decode(body)
  const named = new Map([...cutoffs].filter(([pseudonym]) => text.includes(pseudonym)))
  if (named.size === 0) return null
  const message = parseMessage(body)
  if ('unreadable' in message) return []
  if (message.kind === 'decision') return forgetRecord(message.record, sentMs, named)
  if (message.kind === 'entities') {
    const isKept = ({ id, receivedMs }: { id: string; receivedMs: number }) =>
      forgottenPart(named, id, receivedMs) === null
    const left = message.changes.filter(isKept)
    if (left.length === message.changes.length) return null
    return entityMessages(left).map(({ bytes }) => bytes)
  }
  const isAbout = ({ user, item, receivedMs }: OutcomeEvent) =>
    [user, item].some((id) => isForgotten(named, id, receivedMs))
  if (!message.events.some(isAbout)) return null
  const left = message.events.filter((event) => !isDropped(event, named))
  return outcomeMessages(left.map((event) => forgetEvent(event, named))).map(({ bytes }) => bytes)
}

function forgetRecord(record: Uint8Array, sentMs: number, cutoffs: Cutoffs): Uint8Array[] | null {
  try {
    const user = userOfDecision(record)
    if (user === null || !isForgotten(cutoffs, user, sentMs)) return null
    return [decisionMessage(forgetDecision(record, user))]
  } catch {
    return []
  }
}
