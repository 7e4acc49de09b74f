import type { FieldValue } from './field.ts'
import type { FilterExpression } from './request-filter.ts'

/** A candidate that the caller brings. */
export interface GivenCandidate {
  readonly id: string
  readonly fields: Readonly<Record<string, unknown>>
}

/** A decision's request after its schema was checked; absent parts have their defaults. */
export interface DecideRequest {
  readonly user: {
    /** The pseudonym under which the user's record is kept; undefined for guests. */
    readonly id: string | undefined
    readonly attributes: ReadonlyMap<string, FieldValue | null>
  }
  readonly context: Readonly<Record<string, unknown>>
  /** Undefined where the use case draws its own. */
  readonly candidates: readonly GivenCandidate[] | undefined
  readonly limit: number
  readonly exclude: ReadonlySet<string>
  readonly filter: FilterExpression | undefined
  readonly consent: { readonly personalize: boolean; readonly train: boolean }
}

/** Whether a text may name a record, a user or an event: 1–128 printable ASCII characters, not `.` or `..`. */
export function isId(text: unknown): text is string {
  if (typeof text !== 'string') return false
  const { length } = text
  if (length === 0 || length > 128 || text === '.' || text === '..') return false
  // By hand: a decision checks hundreds, and a regular expression takes three times as long.
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i)
    if (code < 0x21 || code > 0x7e) return false
  }
  return true
}
