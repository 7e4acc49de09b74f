import { decodeDecision } from '../core/decision-codec.ts'
import type { DecisionEvent } from '../core/decision-event.ts'
import { timeOfUuidv7 } from '../core/decision-id.ts'
import type { OutcomeEvent } from '../core/event-envelope.ts'
import { DECISION_PARTS } from './lake-decision.ts'
import {
  hourPrefix,
  hoursBetween,
  isBehind,
  mayHold,
  type PartKind,
  parsePartKey,
} from './lake-key.ts'
import { OUTCOME_PARTS, outcomeOf } from './lake-outcome.ts'
import { type PartFormat, type Row, readPart } from './lake-parquet.ts'
import { eachOf } from './record-owners.ts'

/**
 * The logged decision, or null where it has not been written (yet). Its id tells the hour, the names of
 * that hour's parts tell which may hold it.
 */
export async function findDecision(
  bucket: R2Bucket,
  decisionId: string,
): Promise<DecisionEvent | null> {
  const madeMs = timeOfUuidv7(decisionId)
  if (madeMs === null) return null
  const keys = await partsOf(bucket, 'decision', madeMs, decisionId)
  for (const key of keys) {
    const [row] = await rowsOf(bucket, key, DECISION_PARTS, decisionId)
    if (row) return decodeDecision(row.record as Uint8Array)
  }
  return null
}

/**
 * The events so far that name a decision, in the order of their time, duplicates once. Looks through the
 * hours from the decision to `untilMs`: an hour costs one listing, since its parts are sorted by their
 * first decision and the listing ends at the first that begins behind this one.
 */
export async function findOutcomes(
  bucket: R2Bucket,
  decisionId: string,
  untilMs: number,
): Promise<OutcomeEvent[]> {
  const madeMs = timeOfUuidv7(decisionId)
  if (madeMs === null) return []
  const hours = hoursBetween(madeMs, untilMs)
  const keys = await eachOf(hours, (hour) => partsOf(bucket, 'outcome', hour, decisionId))
  const rows = await eachOf(keys.flat(), (key) => rowsOf(bucket, key, OUTCOME_PARTS, decisionId))
  const events = new Map<string, OutcomeEvent>()
  for (const row of rows.flat()) {
    const event = outcomeOf(row)
    const sameAs = JSON.stringify([event.trust, event.type, event.id, event.item])
    const known = events.get(sameAs)
    if (!known || event.receivedMs < known.receivedMs) events.set(sameAs, event)
  }
  return [...events.values()].sort(
    (a, b) => a.eventTimeMs - b.eventTimeMs || (a.id < b.id ? -1 : 1),
  )
}

/** Keys of the parts of an hour that may hold rows of a decision. */
async function partsOf(
  bucket: R2Bucket,
  kind: PartKind,
  hourMs: number,
  decisionId: string,
): Promise<string[]> {
  const found: string[] = []
  const prefix = hourPrefix(kind, hourMs)
  let cursor: string | undefined
  do {
    const page: R2Objects = await bucket.list({ prefix, cursor })
    const parts = page.objects.map(({ key }) => parsePartKey(key))
    for (const part of parts) if (mayHold(part, decisionId)) found.push(part.key)
    if (parts.some((part) => isBehind(part, decisionId))) break
    cursor = page.truncated ? page.cursor : undefined
  } while (cursor !== undefined)
  return found
}

/** The rows of a part that name a decision. Rejects with `invalid_format` for what is no part. */
async function rowsOf(
  bucket: R2Bucket,
  key: string,
  format: PartFormat,
  decisionId: string,
): Promise<Row[]> {
  const object = await bucket.get(key)
  // Listed and gone: compaction has put its rows into another part.
  if (object === null) return []
  const rows = await readPart(format, new Uint8Array(await object.arrayBuffer()))
  return rows.filter((row) => row.decision_id === decisionId)
}
