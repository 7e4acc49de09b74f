import * as z from 'zod'
import type { NamedSchemas, Operation } from './api-operations.ts'
import { forgetBody, forgetOptions } from './forget.ts'

const RUN_EXAMPLE = 'b54adc00-67f9-4d0b-8a5e-1c2d3e4f5a6b'

/** The schemas of requests. */
export const forgetRequests: NamedSchemas = {
  ForgetRequest: forgetBody,
  ForgetOptions: forgetOptions,
}

/** The schemas of answers. */
export const forgetAnswers: NamedSchemas = {
  Started: z.strictObject({ run: z.string().describe('see `GET /v1/runs/{run}`') }),
  Run: z.strictObject({
    state: z.enum(['running', 'done', 'failed']),
    progress: z.number().min(0).max(1),
    report: z
      .unknown()
      .optional()
      .describe('what the run says of itself; it may grow after `done`'),
    error: z.string().optional(),
  }),
}

const forgetting = {
  access: 'secret',
  tag: 'users',
  answers: { 202: { schema: 'Started', example: { run: RUN_EXAMPLE } } },
  errors: [400, 413, 415, 401, 405, 403],
} as const

/** Forgetting, and runs, in the words of the document. */
export const forgetOperations: readonly Operation[] = [
  {
    ...forgetting,
    method: 'DELETE',
    path: '/v1/users/{id}',
    id: 'forgetUser',
    summary:
      'Forget a user everywhere; what arrives for 30 days is dropped, unless they are put again',
    body: { schema: 'ForgetOptions', example: { now: true }, optional: true },
  },
  {
    ...forgetting,
    method: 'POST',
    path: '/v1/users/forget',
    id: 'forget',
    summary: 'The same, with the id out of the logs of URLs',
    body: { schema: 'ForgetRequest', example: { id: 'u_42', now: true } },
  },
  {
    method: 'GET',
    path: '/v1/runs/{run}',
    access: 'secret',
    id: 'getRun',
    summary: 'How far long work has come, for 90 days',
    tag: 'runs',
    answers: {
      200: {
        schema: 'Run',
        example: {
          state: 'done',
          progress: 1,
          report: {
            forgottenAt: 1790000000000,
            lake: { state: 'rewritten', at: 1790000004000, read: 90, rewritten: 4, unreadable: 0 },
          },
        },
      },
    },
    errors: [401, 405, 403, 404],
  },
]
