import * as z from 'zod'
import { explanationSchema } from './answer-schemas.ts'
import type { NamedSchemas, Operation } from './api-operations.ts'
import { redriveBody } from './redrive.ts'

const epochMs = z.number().describe('epoch ms')
const number = z.number().nullable()

/** A logged decision. */
const loggedDecision = z.strictObject({
  decisionId: z.uuidv7(),
  useCase: z.string(),
  decidedAt: epochMs,
  request: z
    .looseObject({})
    .describe('as it was logged: people under their pseudonym; `omitted` names what was too large'),
  items: z
    .array(
      z.strictObject({
        id: z.string(),
        position: z.int().min(1),
        score: number,
        propensity: z.number(),
        sources: z.array(z.string()),
        features: z.record(
          z.string(),
          z.strictObject({
            value: z.union([z.number(), z.array(z.string())]),
            status: z.enum(['present', 'null', 'missing', 'stale', 'defaulted']),
          }),
        ),
        explanation: explanationSchema.describe(
          'from the logged features and the model that served; null for fallback items, and where the chain has changed since',
        ),
      }),
    )
    .describe('as served'),
  pool: z
    .array(z.strictObject({ id: z.string(), sources: z.array(z.string()), score: number }))
    .describe('every candidate that reached the ranker'),
  dropped: z.array(z.strictObject({ id: z.string(), stage: z.string(), reason: z.string() })),
  trace: z.array(
    z.looseObject({
      stage: z.string(),
      name: z.string(),
      in: z.int(),
      out: z.int(),
      state: z.enum(['ok', 'skipped', 'late', 'failed']),
      ioMs: z.number(),
    }),
  ),
  model: z.string().nullable(),
  variant: z.string(),
  degraded: z.array(z.string()),
  chain: z.string().describe('the fingerprint of the use case as it was'),
  rank: z.looseObject({ name: z.string() }),
  constraints: z.array(z.looseObject({ name: z.string() })),
  relaxed: z.array(z.int()).describe('positions at which constraints gave way'),
  complete: z.boolean().describe('false: rows had to go so that the record fits'),
  outcomes: z
    .array(
      z.strictObject({
        id: z.string(),
        type: z.string(),
        item: z.string().nullable(),
        user: z.string().nullable(),
        position: number,
        value: number,
        at: epochMs,
        receivedAt: epochMs,
        trust: z.string().describe('`counted`, or why it does not count'),
        retracts: z.string().nullable(),
        outcomes: z.array(z.string()).describe('what it counts as'),
      }),
    )
    .describe('what arrived about it so far'),
})

const redriven = z.strictObject({
  objects: z.int().describe('sent whole, and deleted'),
  messages: z.int(),
  kept: z.array(z.string()).describe('objects of which a part could not be sent, or not be read'),
  next: z
    .string()
    .nullable()
    .describe('call again with it as `after`, and this `before`; null: done'),
  before: epochMs.describe('only what was set aside before'),
})

/** The schemas of requests. */
export const decisionRequests: NamedSchemas = { RedriveRequest: redriveBody }

/** The schemas of answers. */
export const decisionAnswers: NamedSchemas = {
  LoggedDecision: loggedDecision,
  Redriven: redriven,
}

/** What was logged, and what was set aside, in the words of the document. */
export const decisionOperations: readonly Operation[] = [
  {
    method: 'GET',
    path: '/v1/decisions/{decisionId}',
    access: 'secret',
    id: 'getDecision',
    summary: 'A logged decision: pool, drops, features, trace, and the outcomes so far',
    tag: 'decisions',
    answers: { 200: { schema: 'LoggedDecision' } },
    errors: [401, 403, 404, 405],
  },
  {
    method: 'POST',
    path: '/v1/redrive',
    access: 'secret',
    id: 'redrive',
    summary: 'Send again what was set aside in failed/',
    tag: 'decisions',
    body: { schema: 'RedriveRequest', example: { date: '2026-09-21' }, optional: true },
    answers: {
      200: {
        schema: 'Redriven',
        example: { objects: 2, messages: 17, kept: [], next: null, before: 1790000000000 },
      },
    },
    errors: [400, 401, 403, 405, 413, 415],
  },
]
