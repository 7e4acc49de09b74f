import { decodeDecision, packDecision } from '../core/decision-codec.ts'
import type { DecisionEvent } from '../core/decision-event.ts'
import type { CategoryColumn } from '../core/matrix.ts'
import type { RankColumn } from '../core/rank.ts'

/**
 * The record of a decision without its user: a guest's, whose attributes nobody gave. Where a feature was
 * the user's id itself, its value is empty, and the record says `complete: false`: what is left is not what
 * was scored. Throws `invalid_format` for what is no record.
 */
export function forgetDecision(record: Uint8Array, pseudonym: string): Uint8Array<ArrayBuffer> {
  const event = decodeDecision(record)
  const texts = new Map<readonly string[], readonly string[]>()
  const named = columnsOf(event).some(({ dictionary }) => dictionary.includes(pseudonym))
  const without = <C extends CategoryColumn>(column: C): C => {
    const { dictionary } = column
    const known = texts.get(dictionary) ?? dictionary.map((one) => (one === pseudonym ? '' : one))
    texts.set(dictionary, known)
    return { ...column, dictionary: known }
  }
  const request = { ...event.request, user: { attributes: {} } }
  if (!named) return packDecision({ ...event, request })
  const matrix = {
    ...event.matrix,
    categories: event.matrix.categories.map((column) => (column ? without(column) : column)),
  }
  const rankColumns = event.rankColumns.map((column) =>
    column.kind === 'codes' ? without(column) : column,
  )
  return packDecision({ ...event, request, matrix, rankColumns, complete: false })
}

/** The pseudonym of the user whose decision this is; null: a guest's. Throws `invalid_format`. */
export function userOfDecision(record: Uint8Array): string | null {
  const { user } = decodeDecision(record).request as { user?: { id?: string } }
  return user?.id ?? null
}

function columnsOf({ matrix, rankColumns }: DecisionEvent): CategoryColumn[] {
  const codes = (column: RankColumn) => (column.kind === 'codes' ? [column] : [])
  return [...matrix.categories.filter((column) => column !== null), ...rankColumns.flatMap(codes)]
}
