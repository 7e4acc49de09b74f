import { type EventType, readEventValue } from '../core/event.ts'
import type { OutcomeEvent } from '../core/event-envelope.ts'
import type { NotCounted } from '../core/event-trust.ts'
import { type Batch, outcomesOf } from './events-outcomes.ts'
import {
  EVENT_CAPS,
  eventBody,
  type RejectCode,
  type WrittenEvent,
  type WrittenItem,
} from './events-schema.ts'
import { isObject } from './ids.ts'
import { issuesOf, pathText } from './issues.ts'

/** An event that was taken: what is stored of it, and for whom it does not count. */
export interface TakenEvent {
  readonly index: number
  readonly id: string
  /** One, or one for each item. */
  readonly outcomes: readonly OutcomeEvent[]
}

/** An event that was not taken, and why. */
export interface RejectedEvent {
  readonly index: number
  /** Null where the event has no text for an id. */
  readonly id: string | null
  readonly code: RejectCode
  readonly path: string
  readonly message: string
}

/** Why an event that was taken does not count; `items` where that is so for some of several. */
export interface NotCountedEvent {
  readonly index: number
  readonly id: string
  readonly code: NotCounted
  readonly items?: readonly string[]
}

type Path = readonly PropertyKey[]
/** What is wrong with an event: the code, where, and in words. */
type Fault = readonly [RejectCode, Path, string]

/** One event of a batch as it will be stored, or why it is rejected. Never throws. */
export function readEvent(
  types: ReadonlyMap<string, EventType>,
  batch: Batch,
  written: unknown,
  index: number,
): TakenEvent | RejectedEvent {
  const prefix = `events[${index}]`
  const reject = (code: RejectCode, path: string, message: string): RejectedEvent => ({
    index,
    id: isObject(written) && typeof written.id === 'string' ? written.id.slice(0, 128) : null,
    ...{ code, path, message },
  })
  const rejectFor = ([code, path, message]: Fault) => reject(code, pathText(path, prefix), message)
  const misshapen = shapeFault(written)
  if (misshapen) return rejectFor(misshapen)
  const parsed = eventBody.safeParse(written)
  if (!parsed.success) {
    const [{ path, message }] = issuesOf(parsed.error, prefix)
    return reject(codeOf(path.slice(prefix.length + 1), message), path, message)
  }
  const event = parsed.data
  const type = types.get(event.type)
  if (!type) return rejectFor(unknownType(types, event.type))
  const value = readEventValue(type, event.value)
  if ('problem' in value) return rejectFor(['invalid_value', ['value'], value.problem])
  const fault = itemFault(type, event) ?? propertiesFault(type, event)
  if (fault) return rejectFor(fault)
  const made = outcomesOf(batch, type, event, itemsOf(event), value.value)
  if ('fault' in made) return rejectFor(made.fault)
  return { index, id: event.id, outcomes: made.outcomes }
}

/** What makes an event not count, one entry for each reason. */
export function notCountedOf({ index, id, outcomes }: TakenEvent): NotCountedEvent[] {
  const untrusted = outcomes.filter(({ trust }) => trust !== 'counted')
  return [...Map.groupBy(untrusted, ({ trust }) => trust as NotCounted)].map(([code, some]) => ({
    ...{ index, id, code },
    ...(outcomes.length > 1 ? { items: some.map(({ item }) => item as string) } : {}),
  }))
}

/** Faults that must be known before anything recurses into the event. */
function shapeFault(written: unknown): Fault | null {
  if (!isObject(written)) return ['invalid_event', [], 'expected an object']
  if (isDeeper(written, EVENT_CAPS.depth))
    return ['invalid_event', [], `more than ${EVENT_CAPS.depth} brackets inside each other`]
  if (isLarger(written, EVENT_CAPS.eventBytes))
    return ['too_large', [], `more than ${EVENT_CAPS.eventBytes} bytes of JSON`]
  return null
}

function codeOf(path: string, message: string): RejectCode {
  if (message === 'unknown key') return 'invalid_event'
  if (/^(id|item|user|decisionId|retracts)$|^items\[\d+\]\.id$/.test(path)) return 'invalid_id'
  if (path === 'timestamp') return 'invalid_time'
  if (path === 'properties') return 'invalid_properties'
  return path === 'type' ? 'unknown_type' : 'invalid_event'
}

function unknownType(types: ReadonlyMap<string, EventType>, name: string): Fault {
  const some = [...types.keys()].slice(0, 20).join(', ')
  return ['unknown_type', ['type'], `unknown type '${name.slice(0, 64)}'; there are ${some}`]
}

/** Whether the event names an item, several, none, and a user, as its type wants. */
function itemFault(type: EventType, event: WrittenEvent): Fault | null {
  const { name } = type
  const refuse = (key: string, message: string): Fault => ['invalid_event', [key], message]
  if (event.user !== undefined && type.user === null) return refuse('user', `${name} has no user`)
  if (event.items !== undefined) {
    if (type.many !== 'items') return refuse('items', `${name} tells of one item: send item`)
    if (event.item !== undefined) return refuse('item', 'send item or items, not both')
    if (event.position !== undefined) return refuse('position', 'belongs into items')
    if (event.items.length === 0) return refuse('items', 'expected at least one item')
    if (event.items.length > EVENT_CAPS.items)
      return ['too_large', ['items'], `more than ${EVENT_CAPS.items} items`]
    return null
  }
  if (type.item === null)
    return event.item === undefined ? null : refuse('item', `${name} has no item`)
  if (event.item !== undefined) return null
  return type.many === 'items'
    ? refuse('items', `${name} needs items: [{ id, position }]`)
    : ['invalid_id', ['item'], `${name} needs an item`]
}

/** Properties that the type declares have its schemas; the others come as they are. */
function propertiesFault(type: EventType, { properties = {}, items }: WrittenEvent): Fault | null {
  if (items && items.length > 1 && isLarger(properties, EVENT_CAPS.sharedPropertiesBytes))
    return [
      'too_large',
      ['properties'],
      `more than ${EVENT_CAPS.sharedPropertiesBytes} bytes of JSON beside several items`,
    ]
  for (const [name, schema] of Object.entries(type.properties)) {
    const given = Object.hasOwn(properties, name) ? properties[name] : undefined
    const parsed = schema.safeParse(given)
    if (parsed.success) continue
    const [{ path, message }] = parsed.error.issues
    return ['invalid_properties', ['properties', name, ...path], message.slice(0, 200)]
  }
  return null
}

/** One entry an item: the first one that says where it stood is heard. */
function itemsOf(event: WrittenEvent): readonly Partial<WrittenItem>[] {
  if (event.items === undefined) return [{ id: event.item, position: event.position }]
  const byId = new Map<string, WrittenItem>()
  for (const item of event.items)
    if (byId.get(item.id)?.position === undefined) byId.set(item.id, item)
  return [...byId.values()]
}

const utf8 = new TextEncoder()

function isLarger(value: unknown, bytes: number): boolean {
  const { length } = JSON.stringify(value)
  return length > bytes || (length * 3 > bytes && utf8.encode(JSON.stringify(value)).length > bytes)
}

function isDeeper(value: object, most: number): boolean {
  let level: object[] = [value]
  for (let depth = 0; level.length > 0; depth++) {
    if (depth >= most) return true
    const below: object[] = []
    for (const one of level)
      for (const inner of Object.values(one))
        if (inner !== null && typeof inner === 'object') below.push(inner)
    level = below
  }
  return false
}
