import { DECISION_PARTS } from './lake-decision.ts'
import { isDecisionId, type PartKind, partKey } from './lake-key.ts'
import { ENTITY_PARTS, OUTCOME_PARTS } from './lake-outcome.ts'
import { type PartFormat, type Row, writePart } from './lake-parquet.ts'

/** The columns of each kind of part. */
export const PART_FORMATS: Readonly<Record<PartKind, PartFormat>> = {
  decision: DECISION_PARTS,
  outcome: OUTCOME_PARTS,
  entity: ENTITY_PARTS,
}

/** The columns that rows of a part are sorted by: whatever order they came in, the part is the same. */
const ORDER: Readonly<Record<PartKind, readonly string[]>> = {
  decision: ['decision_id'],
  outcome: ['decision_id', 'event_id', 'item_id', 'received_at'],
  entity: ['entity', 'entity_id', 'updated_at', 'received_at', 'attributes'],
}

/**
 * Writes rows that arrived within one hour as a part, named by its content: the same rows, in any order,
 * are the same object. Answers its key. Rejects where the bucket fails.
 */
export async function writeRows(
  bucket: R2Bucket,
  kind: PartKind,
  hourMs: number,
  rows: readonly Row[],
): Promise<string> {
  const sorted = sortedRows(kind, rows)
  const bytes = writePart(PART_FORMATS[kind], sorted)
  const ids = sorted.map((row) => row.decision_id)
  const key = partKey(
    kind,
    hourMs,
    ids.filter((id): id is string => typeof id === 'string' && isDecisionId(id)),
    await contentHash(bytes),
  )
  await bucket.put(key, bytes)
  return key
}

/** 128 bits of SHA-256 in hex. */
export async function contentHash(bytes: Uint8Array): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
  return [...digest.subarray(0, 16)].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}

function sortedRows(kind: PartKind, rows: readonly Row[]): Row[] {
  const columns = ORDER[kind]
  const sorted = rows.toSorted((a, b) => {
    for (const column of columns) {
      const order = compared(a[column], b[column])
      if (order !== 0) return order
    }
    return 0
  })
  // One decision has one record: a message that came twice is one row.
  return kind === 'decision'
    ? sorted.filter(({ decision_id: id }, at) => at === 0 || sorted[at - 1].decision_id !== id)
    : sorted
}

/** By code units or size, nulls last. */
function compared(a: unknown, b: unknown): number {
  if (a === b) return 0
  if (a === null || b === null) return a === null ? 1 : -1
  return (a as string) < (b as string) ? -1 : 1
}
