import type { OutcomeEvent } from '../core/event-envelope.ts'
import type { EntityChange } from './message.ts'

type Check = (value: unknown) => boolean

const text: Check = (value) => typeof value === 'string' && value !== ''
const time: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0
const place: Check = (value) => Number.isInteger(value) && Math.abs(value as number) < 2 ** 31
const finite: Check = (value) => Number.isFinite(value)
const object: Check = (value) =>
  value !== null && typeof value === 'object' && !Array.isArray(value)
const orNull =
  (check: Check): Check =>
  (value) =>
    value === null || check(value)

const OUTCOME: Readonly<Record<keyof OutcomeEvent, Check>> = {
  id: text,
  type: text,
  item: orNull(text),
  user: orNull(text),
  position: orNull(place),
  value: orNull(finite),
  eventTimeMs: time,
  receivedMs: time,
  keyTimeMs: time,
  trust: text,
  voucher: orNull(text),
  decisionId: orNull(text),
  useCase: orNull(text),
  variant: orNull(text),
  model: orNull(text),
  retracts: orNull(text),
  properties: object,
  consent: object,
}

const CHANGE: Readonly<Record<keyof EntityChange, Check>> = {
  entity: text,
  id: text,
  attributes: orNull(object),
  updatedAtMs: time,
  receivedMs: time,
}

/** Whether a parsed value has every field of an event, each of its type. */
export function isOutcomeEvent(value: unknown): value is OutcomeEvent {
  return hasFields(value, OUTCOME)
}

/** Whether a parsed value is a change of a record. */
export function isEntityChange(value: unknown): value is EntityChange {
  return hasFields(value, CHANGE)
}

function hasFields(value: unknown, checks: Readonly<Record<string, Check>>): boolean {
  if (!object(value)) return false
  const fields = value as Record<string, unknown>
  return Object.entries(checks).every(([name, check]) => check(fields[name]))
}
