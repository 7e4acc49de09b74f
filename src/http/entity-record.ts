import * as z from 'zod'
import type { Entity } from '../core/entity.ts'
import type { FieldValue } from '../core/field.ts'
import { isId } from '../core/request.ts'
import type { RecordRow } from '../wheel/records.ts'
import { freeObject, ID_EXPECTED, idSchema, isObject } from './ids.ts'
import { pathText } from './issues.ts'
import { TIME_EXPECTED, TIME_JSON_SCHEMA, timeMs } from './times.ts'

/** A record that was taken, and the names in it that its entity does not know. */
export interface ReadRecord {
  readonly row: RecordRow
  readonly ignored: readonly string[]
}

/** A record that was not taken, and why. */
export interface RejectedRecord {
  readonly index: number
  /** Null where the record has no text for an id. */
  readonly id: string | null
  readonly code: 'invalid_record' | 'invalid_id' | 'invalid_time' | 'invalid_value' | 'too_large'
  readonly path: string
  readonly message: string
}

/** The most characters of JSON that the attributes of one record may have: an owner stores rows, not files. */
export const MAX_RECORD_CHARS = 256 * 1024

const KEYS = ['id', 'attributes', 'updatedAt']

/** One record of a PUT as its owner takes it, or why it is rejected. Never throws. */
export function readRecord(
  entity: Entity,
  record: unknown,
  index: number,
  nowMs: number,
): ReadRecord | RejectedRecord {
  const written = isObject(record) ? record : null
  const reject = (
    code: RejectedRecord['code'],
    path: readonly PropertyKey[],
    message: string,
  ): RejectedRecord => ({
    index,
    id: typeof written?.id === 'string' ? written.id.slice(0, 128) : null,
    code,
    path: pathText(['records', index, ...path]),
    message,
  })
  if (written === null) return reject('invalid_record', [], 'expected an object')
  if (!isId(written.id)) return reject('invalid_id', ['id'], ID_EXPECTED)
  const strange = Object.keys(written).find((key) => !KEYS.includes(key))
  if (strange !== undefined) return reject('invalid_record', [strange], 'unknown key')
  if (!isObject(written.attributes))
    return reject('invalid_record', ['attributes'], 'expected an object')
  const updatedAtMs = written.updatedAt === undefined ? nowMs : timeMs(written.updatedAt)
  if (updatedAtMs === null) return reject('invalid_time', ['updatedAt'], TIME_EXPECTED)
  const attributes: Record<string, FieldValue | null> = {}
  const ignored: string[] = []
  for (const [name, value] of Object.entries(written.attributes)) {
    const field = entity.fields.get(name)
    if (field?.origin !== 'attribute') {
      ignored.push(name.slice(0, 64))
      continue
    }
    if (value === null) {
      attributes[name] = null
      continue
    }
    const parsed = field.schema.safeParse(value)
    if (!parsed.success) {
      const [issue] = parsed.error.issues
      const path = ['attributes', name, ...issue.path]
      return reject('invalid_value', path, issue.message.slice(0, 200))
    }
    attributes[name] = (parsed.data ?? null) as FieldValue | null
  }
  if (JSON.stringify(attributes).length > MAX_RECORD_CHARS)
    return reject('too_large', ['attributes'], `more than ${MAX_RECORD_CHARS} characters of JSON`)
  return { row: { id: written.id, attributes, updatedAtMs }, ignored }
}

/** A record of a PUT in the words of the document; {@link readRecord} checks it by its entity. */
export const recordBody = z.strictObject({
  id: idSchema,
  attributes: freeObject,
  updatedAt: z.unknown().meta(TIME_JSON_SCHEMA).optional(),
})
