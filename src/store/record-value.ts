import { EdgewheelError } from '../core/errors.ts'
import { type FieldValue, STATUSES } from '../core/field.ts'
import type { StoredValue } from '../core/record.ts'

/** The key that a keyed record is published under; `id` is 1–128 printable ASCII characters. */
export function recordKey(entity: string, id: string): string {
  return `record/${entity}/${id}`
}

const VERSION = 1

/** `[value, updatedAtMs]`, and the status number where it is not `present`. */
type Entry = readonly [FieldValue | null, number, number?]

/** One keyed record as the bytes that are published: versioned JSON, a few bytes around each value. */
export function encodeRecord(fields: ReadonlyMap<string, StoredValue>): Uint8Array {
  const entries: [string, Entry][] = []
  for (const [name, { value, status, updatedAtMs }] of fields)
    entries.push([
      name,
      status === 'present' ? [value, updatedAtMs] : [value, updatedAtMs, STATUSES.indexOf(status)],
    ])
  return new TextEncoder().encode(JSON.stringify({ version: VERSION, fields: entries }))
}

/** The fields of a published record. Throws `invalid_format` for anything {@link encodeRecord} did not write. */
export function decodeRecord(bytes: Uint8Array): Map<string, StoredValue> {
  const parsed = parse(bytes)
  if (typeof parsed !== 'object' || parsed === null) refuse('is no object')
  const { version, fields } = parsed as { version?: unknown; fields?: unknown }
  if (version !== VERSION) refuse(`has version ${JSON.stringify(version)}, not ${VERSION}`)
  if (!Array.isArray(fields)) refuse('has no list of fields')
  const record = new Map<string, StoredValue>()
  for (const field of fields) {
    if (!Array.isArray(field) || typeof field[0] !== 'string' || record.has(field[0]))
      refuse('has a field without a name of its own')
    record.set(field[0], storedValue(field[0], field[1]))
  }
  return record
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes))
  } catch (cause) {
    throw new EdgewheelError('invalid_format', 'a stored record is no JSON', { cause })
  }
}

function storedValue(name: string, entry: unknown): StoredValue {
  if (!Array.isArray(entry)) refuse(`has no entry for ${name}`)
  const [value, updatedAtMs, statusNumber = 0] = entry as unknown[]
  const status = STATUSES[statusNumber as number]
  if (status === undefined) refuse(`has an unknown status for ${name}`)
  if (typeof updatedAtMs !== 'number') refuse(`has no time for ${name}`)
  const valued = isFieldValue(value)
  if (!valued && (value !== null || status === 'present')) refuse(`has no value for ${name}`)
  return { value: valued ? value : null, status, updatedAtMs }
}

/** Whether some column can hold `value`: a finite number, boolean, string, or a list of the first or the last. */
export function isFieldValue(value: unknown): value is FieldValue {
  if (Array.isArray(value))
    return value.every(typeof value[0] === 'string' ? isText : (item) => Number.isFinite(item))
  return typeof value === 'boolean' || isText(value) || Number.isFinite(value)
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}

function refuse(problem: string): never {
  throw new EdgewheelError('invalid_format', `a stored record ${problem}`)
}
