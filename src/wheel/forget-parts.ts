import { type Cutoffs, forgottenPart, isForgotten } from './forget-cutoffs.ts'
import { forgetDecision } from './forget-decision.ts'
import { decisionRow } from './lake-decision.ts'
import type { PartKind } from './lake-key.ts'
import type { Row } from './lake-parquet.ts'

/** The columns of each kind of part that say whom a row is about. */
export const PERSON_COLUMNS: Readonly<Record<PartKind, readonly string[]>> = {
  decision: ['user_id', 'decided_at', 'received_at'],
  outcome: ['user_id', 'item_id', 'received_at'],
  entity: ['entity_id', 'received_at'],
}

/** Whether a row is about somebody who is forgotten; it needs the {@link PERSON_COLUMNS} only. */
export function isAboutForgotten(kind: PartKind, row: Row, cutoffs: Cutoffs): boolean {
  const atMs = row.received_at as number
  if (kind === 'entity') return forgottenPart(cutoffs, row.entity_id as string, atMs) !== null
  if (isForgotten(cutoffs, row.user_id, atMs)) return true
  return kind === 'outcome' && isForgotten(cutoffs, row.item_id, atMs)
}

/**
 * A row without those who are forgotten: decisions and outcomes stay and are nobody's, what was pushed
 * about somebody goes (null).
 */
export function forgetRow(kind: PartKind, row: Row, cutoffs: Cutoffs): Row | null {
  if (!isAboutForgotten(kind, row, cutoffs)) return row
  if (kind === 'entity') return null
  if (kind === 'decision') {
    const record = forgetDecision(row.record as Uint8Array, row.user_id as string)
    return { ...decisionRow(record), received_at: row.received_at }
  }
  const atMs = row.received_at as number
  const kept = (id: unknown) => (isForgotten(cutoffs, id, atMs) ? null : id)
  return { ...row, user_id: kept(row.user_id), item_id: kept(row.item_id) }
}
