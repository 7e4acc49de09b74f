import * as z from 'zod'
import { timeOfUuidv7 } from '../core/decision-id.ts'
import { isId } from '../core/request.ts'
import { freeObject, ID_EXPECTED, ID_JSON_SCHEMA, idSchema, isObject, listSchema } from './ids.ts'
import { TIME_EXPECTED, TIME_JSON_SCHEMA, timeMs } from './times.ts'

/** The caps of `POST /v1/events`. Only the first refuses the batch; the others reject one event. */
export const EVENT_CAPS = {
  events: 500,
  /** Of one event as JSON in UTF-8. */
  eventBytes: 8 * 1024,
  /** Brackets inside each other in one event. */
  depth: 16,
  /** Of one event: no decision serves more. */
  items: 100,
  /** Of all events of a batch: each becomes a message of its own, and 1 MB of them would become a hundred. */
  batchItems: 10_000,
  /** Of the properties of an event that tells of several items: each item gets a copy. */
  sharedPropertiesBytes: 1024,
} as const

/** An item of an event that tells of several. */
export interface WrittenItem {
  readonly id: string
  readonly position?: number
}

const MAX_POSITION = 100_000
const POSITION_EXPECTED = `expected a whole number from 1 to ${MAX_POSITION}`

function isPosition(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 1 && (value as number) <= MAX_POSITION
}

/** A value that `isValid` knows, described by a JSON Schema. */
function known<T>(
  isValid: (value: unknown) => boolean,
  message: string,
  jsonSchema: Readonly<Record<string, unknown>>,
): z.ZodType<T> {
  return z
    .unknown()
    .check(({ value, issues }) => {
      if (!isValid(value)) issues.push({ code: 'custom', message, input: value, path: [] })
    })
    .meta(jsonSchema) as unknown as z.ZodType<T>
}

const time = known<number | string>((value) => timeMs(value) !== null, TIME_EXPECTED, {
  ...TIME_JSON_SCHEMA,
})

const POSITION_JSON_SCHEMA = { type: 'integer', minimum: 1, maximum: MAX_POSITION } as const
const position = known<number>(isPosition, POSITION_EXPECTED, POSITION_JSON_SCHEMA)

const decisionId = known<string>(
  (value) => typeof value === 'string' && timeOfUuidv7(value) !== null,
  'expected the id of a decision, a UUIDv7 in lower case',
  { type: 'string', format: 'uuid', description: 'With the secret key, in place of a receipt.' },
)

const ITEM_KEYS = ['id', 'position']

const items = listSchema<WrittenItem>(
  (entry, at, fail) => {
    if (!isObject(entry)) return fail([at], 'expected an object with an id')
    if (!isId(entry.id)) fail([at, 'id'], ID_EXPECTED)
    if (entry.position !== undefined && !isPosition(entry.position))
      fail([at, 'position'], POSITION_EXPECTED)
    for (const key of Object.keys(entry))
      if (!ITEM_KEYS.includes(key)) fail([at, key], 'unknown key')
  },
  {
    type: 'object',
    properties: { id: ID_JSON_SCHEMA, position: POSITION_JSON_SCHEMA },
    required: ['id'],
    additionalProperties: false,
  },
  EVENT_CAPS.items,
)

/** One event as clients write it, whatever its type; the rules of its type come after. */
export const eventBody = z
  .strictObject({
    id: idSchema.describe('The client’s own; sent again, it counts once.'),
    type: z.string().describe('One of the declared event types.'),
    receipt: z.string().optional().describe('As the decision gave it.'),
    decisionId: decisionId.optional(),
    item: idSchema.optional(),
    position: position.optional().describe('Where the item stood, from 1.'),
    items: items.optional().describe('For types that tell of several items, such as impressions.'),
    user: idSchema.optional(),
    value: z.unknown().optional().meta({ type: 'number', description: 'As its type declares.' }),
    timestamp: time.optional(),
    properties: freeObject.optional(),
    consent: z
      .strictObject({ personalize: z.boolean().optional(), train: z.boolean().optional() })
      .optional(),
    retracts: idSchema.optional().describe('The id of an event that this one takes back.'),
  })
  .describe('Something that happened to an item or a user.')

/** An event after its schema, before the rules of its type. */
export type WrittenEvent = z.output<typeof eventBody>

const sent = time.optional().describe('When the batch left, by the client’s clock; corrects it.')

/** The body around the events, which are looked at one by one. */
export const eventsEnvelope = z.strictObject({ sent, events: z.array(z.unknown()).min(1) })

/** The whole body, in the words of the document. */
export const eventsBody = z.strictObject({
  sent,
  events: z.array(eventBody).min(1).meta({ maxItems: EVENT_CAPS.events }),
})

/** Why one event was rejected. */
export const REJECT_CODES = [
  'invalid_event',
  'invalid_id',
  'unknown_type',
  'invalid_time',
  'invalid_value',
  'invalid_properties',
  'too_large',
  'not_durable',
] as const

/** Why one event was rejected: what the answer says, see {@link REJECT_CODES}. */
export type RejectCode = (typeof REJECT_CODES)[number]
