import * as z from 'zod'
import type { EventType } from '../core/event.ts'
import type { NotCounted } from '../core/event-trust.ts'
import type { NamedSchemas, Operation } from './api-operations.ts'
import { EVENT_CAPS, eventBody, eventsBody, REJECT_CODES } from './events-schema.ts'
import { idSchema } from './ids.ts'

/** What clients are told of an event that does not count; one line each. */
export const NOT_COUNTED: Readonly<Record<NotCounted, string>> = {
  no_receipt: 'sent with the publishable key and without a receipt',
  bad_receipt: 'the receipt was not signed by this Worker, or was changed',
  receipt_expired: 'the receipt is older than the longest attribution window and a day',
  item_not_served: 'the decision of the receipt did not serve this item',
  user_not_served: 'the receipt is of another user’s decision',
  too_old: 'dated more than 14 days before it arrived',
  too_new: 'dated more than 14 days after it arrived',
  over_rate: 'over the configured cap per user and network',
}

const notCountedCodes = Object.keys(NOT_COUNTED) as NotCounted[]

/** An event that was not taken, and why. */
export const rejectedEvent = z.strictObject({
  index: z.int(),
  id: z.string().nullable(),
  code: z.enum(REJECT_CODES),
  path: z.string(),
  message: z.string(),
})

/** The answer where at least one event was accepted. */
const eventsAnswer = z.strictObject({
  accepted: z.int().min(1).describe('events that are stored, counted or not'),
  rejected: z.array(rejectedEvent),
  notCounted: z
    .array(
      z.strictObject({
        index: z.int(),
        id: idSchema,
        code: z.enum(notCountedCodes),
        items: z.array(z.string()).optional().describe('where it is so for some of several items'),
      }),
    )
    .describe(
      `Kept in the lake, never aggregated, never trained on: ${notCountedCodes.map((code) => `\`${code}\`: ${NOT_COUNTED[code]}`).join('; ')}.`,
    ),
})

/** The schemas of requests, with the event types of this Worker. */
export function eventRequests(types: readonly EventType[]): NamedSchemas {
  const names = types.map(({ name }) => name)
  const Event = eventBody
    .extend({ type: names.length > 0 ? z.enum(names).describe(typesText(types)) : z.string() })
    .describe('Something that happened to an item or a user.')
  const EventsRequest = eventsBody.extend({
    events: z.array(Event).min(1).meta({ maxItems: EVENT_CAPS.events }),
  })
  return {
    Event,
    EventsRequest,
    EventsTextRequest: EventsRequest.extend({
      key: z.string().describe('The publishable key, for pages that cannot send a header.'),
    }),
  }
}

function typesText(types: readonly EventType[]): string {
  const line = ({ name, owner, about, once, many, item, value }: EventType) => {
    const rules = [
      item === null ? 'no item' : many === 'items' ? 'items' : 'item',
      ...(value ? ['value'] : []),
      ...(once ? ['once for a decision and an item'] : []),
    ]
    return `- \`${name}\` (${owner}): ${about} Takes ${rules.join(', ')}.`
  }
  return types.map(line).join('\n')
}

/** The schemas of answers. */
export const eventAnswers: NamedSchemas = { EventsAnswer: eventsAnswer }

const EVENT = {
  id: 'e1',
  type: 'click',
  receipt: 'r1.WyJhYmMi.c2lnbmF0dXJl',
  item: '318',
  user: 'u_42',
  timestamp: 1790000000000,
  properties: {},
}

const BATCH = {
  sent: 1790000000500,
  events: [
    EVENT,
    {
      ...EVENT,
      id: 'e2',
      type: 'impression',
      item: undefined,
      items: [{ id: '318', position: 1 }],
    },
  ],
}

/** `POST /v1/events` in the words of the document. */
export const eventsOperation: Operation = {
  method: 'POST',
  path: '/v1/events',
  access: 'publishable',
  id: 'sendEvents',
  summary: 'Tell what happened: 1 to 500 events, durable when this answers',
  tag: 'events',
  body: {
    schema: 'EventsRequest',
    example: JSON.parse(JSON.stringify(BATCH)),
    text: {
      schema: 'EventsTextRequest',
      example: { key: 'pk_…', events: [EVENT] },
    },
  },
  answers: {
    202: {
      schema: 'EventsAnswer',
      example: {
        accepted: 2,
        rejected: [
          {
            index: 2,
            id: 'e3',
            code: 'unknown_type',
            path: 'events[2].type',
            message: "unknown type 'klick'; there are click, impression",
          },
        ],
        notCounted: [{ index: 1, id: 'e2', code: 'bad_receipt' }],
      },
    },
  },
  errors: [400, 401, 403, 405, 413, 415, 422, 429, 503],
}
