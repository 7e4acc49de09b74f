import type { Entity } from '../core/entity.ts'
import { EdgewheelError } from '../core/errors.ts'
import { type FieldValue, isIdSet, STATUSES } from '../core/field.ts'
import type { StoredValue } from '../core/record.ts'

/** The key that a keyed record is published under; `id` is 1–128 printable ASCII characters. */
export function recordKey(entity: string, id: string): string {
  return `record/${entity}/${id}`
}

/** Where a record is JSON alone, as it was before there were aggregates, this is its first byte. */
const BRACE = 0x7b
const VERSION_1 = 1
/** This byte, the length of the JSON (uint32, little-endian), the JSON, and what events left. */
const VERSION_2 = 2
const HEAD_BYTES = 5

/** `[value, updatedAtMs]`, and the status number where it is not `present`. */
type Entry = readonly [FieldValue | null, number, number?]

/**
 * One keyed record as the bytes that are published: attributes as JSON, a few bytes around each value, and
 * what `AggregateSet.encode` wrote, from which the values are made when they are read.
 */
export function encodeRecord(
  attributes: ReadonlyMap<string, StoredValue>,
  aggregates: Uint8Array = new Uint8Array(),
): Uint8Array {
  const entries: [string, Entry][] = []
  for (const [name, { value, status, updatedAtMs }] of attributes)
    entries.push([
      name,
      status === 'present' ? [value, updatedAtMs] : [value, updatedAtMs, STATUSES.indexOf(status)],
    ])
  const text = new TextEncoder().encode(JSON.stringify(entries))
  const bytes = new Uint8Array(HEAD_BYTES + text.length + aggregates.length)
  bytes[0] = VERSION_2
  new DataView(bytes.buffer).setUint32(1, text.length, true)
  bytes.set(text, HEAD_BYTES)
  bytes.set(aggregates, HEAD_BYTES + text.length)
  return bytes
}

/**
 * The fields of a published record: attributes, and the values of its aggregates at a time; of those only
 * `wanted` where that is given. Throws `invalid_format` for anything {@link encodeRecord} did not write.
 */
export function decodeRecord(
  bytes: Uint8Array,
  nowMs: number,
  { aggregates }: Pick<Entity, 'aggregates'>,
  wanted: Iterable<string> = Object.keys(aggregates.definitions),
): Map<string, StoredValue> {
  const { fields, state } = partsOf(bytes)
  if (!Array.isArray(fields)) refuse('has no list of fields')
  const record = new Map<string, StoredValue>()
  for (const field of fields) {
    if (!Array.isArray(field) || typeof field[0] !== 'string' || record.has(field[0]))
      refuse('has a field without a name of its own')
    record.set(field[0], storedValue(field[0], field[1]))
  }
  const names = [...wanted].filter((name) => Object.hasOwn(aggregates.definitions, name))
  for (const [name, value] of valuesOf(aggregates, state, names, nowMs)) record.set(name, value)
  return record
}

/** The aggregates of a record that no event has touched. */
export function untouchedRecord(
  { aggregates }: Pick<Entity, 'aggregates'>,
  nowMs: number,
): Map<string, StoredValue> {
  return aggregates.valuesAt(aggregates.create(), nowMs)
}

function valuesOf(
  aggregates: Entity['aggregates'],
  state: Uint8Array,
  names: readonly string[],
  nowMs: number,
): Map<string, StoredValue> {
  if (names.length === 0) return new Map()
  if (state.length > 0) return aggregates.readValues(state, names, nowMs)
  const empty = aggregates.create()
  return new Map(names.map((name) => [name, aggregates.valueAt(empty, name, nowMs)]))
}

function partsOf(bytes: Uint8Array): { fields: unknown; state: Uint8Array } {
  if (bytes[0] === BRACE) {
    const { version, fields } = parse(bytes) as { version?: unknown; fields?: unknown }
    if (version !== VERSION_1) refuse(`has version ${JSON.stringify(version)}, not ${VERSION_1}`)
    return { fields, state: new Uint8Array() }
  }
  if (bytes.length < HEAD_BYTES) refuse('is too short')
  if (bytes[0] !== VERSION_2) refuse(`has version ${bytes[0]}, not ${VERSION_2}`)
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(1, true)
  if (HEAD_BYTES + length > bytes.length) refuse('ends too early')
  const end = HEAD_BYTES + length
  return { fields: parse(bytes.subarray(HEAD_BYTES, end)), state: bytes.subarray(end) }
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
  if (isIdSet(value)) return false
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
