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

const ID = /^(?!\.{1,2}$)[\x21-\x7e]{1,128}$/

/** Whether a text may name a record, a user or an event: 1–128 printable ASCII characters, not `.` or `..`. */
export function isId(text: unknown): text is string {
  return typeof text === 'string' && ID.test(text)
}
