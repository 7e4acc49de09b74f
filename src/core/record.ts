import { type FieldValue, MISSING, NULL, PRESENT, STATUSES, type Status } from './field.ts'

/** A stored value of a keyed record: the value (null was stored, undefined was not), and when. */
export interface StoredValue {
  readonly value: FieldValue | null
  readonly status: Status
  readonly updatedAtMs: number
}

/** One record as a decision sees it: what the store holds, overlaid with what the request said. */
export interface RecordView {
  readonly id: string
  /** The value, or undefined unless it is present or defaulted. */
  value(field: string): FieldValue | undefined
  /** The status number. */
  status(field: string): number
}

/** A record nobody knows: every field is missing. */
export function unknownRecord(id: string): RecordView {
  return { id, value: () => undefined, status: () => MISSING }
}

/** A keyed record with `overrides` (valid values of this request, null allowed) on top. */
export function recordView(
  id: string,
  stored: ReadonlyMap<string, StoredValue>,
  overrides: ReadonlyMap<string, FieldValue | null> = new Map(),
): RecordView {
  return {
    id,
    value(field) {
      if (overrides.has(field)) return overrides.get(field) ?? undefined
      const entry = stored.get(field)
      if (!entry || (entry.status !== 'present' && entry.status !== 'defaulted')) return undefined
      return entry.value ?? undefined
    },
    status(field) {
      if (overrides.has(field)) return overrides.get(field) === null ? NULL : PRESENT
      const entry = stored.get(field)
      return entry ? STATUSES.indexOf(entry.status) : MISSING
    },
  }
}
