import * as z from 'zod'
import type { NamedSchemas, Operation } from './api-operations.ts'
import { rejectedEvent } from './events-document.ts'
import { eventBody } from './events-schema.ts'
import { MAX_REPLAYED, replayBody } from './replays.ts'

const next = z.int().describe('the number of the first event that is still to be sent')

/** The schemas of requests. */
export const replayRequests: NamedSchemas = {
  ReplayRequest: replayBody.extend({
    events: z.array(eventBody).min(1).meta({ maxItems: MAX_REPLAYED }),
  }),
}

/** The schemas of answers. */
export const replayAnswers: NamedSchemas = {
  Replay: z.strictObject({ replay: z.string(), next }),
  Replayed: z.strictObject({
    replay: z.string(),
    next,
    accepted: z.int(),
    rejected: z.array(rejectedEvent).describe('events that have their number nonetheless'),
  }),
}

const REPLAY = 'movielens-2018'

/** The replay of histories in the words of the document. */
export const replayOperations: readonly Operation[] = [
  {
    method: 'GET',
    path: '/v1/replays/{name}',
    access: 'secret',
    id: 'getReplay',
    summary: 'Where the replay of a history goes on; 0 for one nobody knows',
    tag: 'events',
    answers: { 200: { schema: 'Replay', example: { replay: REPLAY, next: 4_000 } } },
    errors: [400, 401, 403, 405],
  },
  {
    method: 'POST',
    path: '/v1/replays/{name}',
    access: 'secret',
    id: 'replay',
    summary: 'Load a part of a history in order, however old; sent again, it changes nothing',
    tag: 'events',
    body: {
      schema: 'ReplayRequest',
      example: {
        from: 4_000,
        events: [
          {
            id: 'ml-1-318',
            type: 'rate',
            item: '318',
            user: '1',
            value: 4.5,
            timestamp: 1_500_000_000_000,
          },
        ],
      },
    },
    answers: {
      200: {
        schema: 'Replayed',
        example: { replay: REPLAY, next: 4_001, accepted: 1, rejected: [] },
      },
    },
    errors: [400, 401, 403, 405, 409, 413, 415, 422, 503],
  },
]
