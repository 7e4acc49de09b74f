import type { FieldValue } from '../core/field.ts'
import type { StoredValue } from '../core/record.ts'

/** What an owner keeps of a record: each attribute's value and its time, epoch ms. Null: it was removed then. */
export type OwnedFields = Map<string, readonly [value: FieldValue | null, updatedAtMs: number]>

/** What an upsert did: nothing (all of it was older), moved times only, or changed a value. */
export type Change = 'none' | 'times' | 'values'

/**
 * Applies attributes to a record in place, each by itself: one that is older than what is there loses; of
 * equals the one that comes later wins.
 */
export function mergeFields(
  fields: OwnedFields,
  attributes: Readonly<Record<string, FieldValue | null>>,
  updatedAtMs: number,
): Change {
  let change: Change = 'none'
  for (const [name, value] of Object.entries(attributes)) {
    const before = fields.get(name)
    if (before && before[1] > updatedAtMs) continue
    const same = before ? JSON.stringify(before[0]) === JSON.stringify(value) : value === null
    if (before && same && before[1] === updatedAtMs) continue
    fields.set(name, [value, updatedAtMs])
    if (!same) change = 'values'
    else if (change === 'none') change = 'times'
  }
  return change
}

/** The fields as they are kept: JSON, which holds every text, lone surrogates too. */
export function encodeFields(fields: OwnedFields): string {
  return JSON.stringify([...fields])
}

/** What {@link encodeFields} wrote. */
export function decodeFields(text: string): OwnedFields {
  return new Map(JSON.parse(text))
}

/** The fields as readers see them; a removed attribute is missing. */
export function storedValues(fields: OwnedFields): Map<string, StoredValue> {
  const values = new Map<string, StoredValue>()
  for (const [name, [value, updatedAtMs]] of fields)
    values.set(name, { value, status: value === null ? 'missing' : 'present', updatedAtMs })
  return values
}
