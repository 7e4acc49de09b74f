import * as z from 'zod'
import { redrive } from '../wheel/redrive.ts'
import type { Runtime } from '../wheel/runtime.ts'
import { issuesOf } from './issues.ts'
import { Problem } from './problem.ts'
import { json, MAX_BYTES, type Route } from './route.ts'
import { TIME_JSON_SCHEMA, timeMs } from './times.ts'

/** Objects of one round; the client calls again while there is a `next`. */
const LIMIT = 25

/** The body of a redrive. */
export const redriveBody = z.strictObject({
  date: z.iso.date().optional().describe('one day, UTC; default: all'),
  before: z
    .unknown()
    .refine((value) => value === undefined || timeMs(value) !== null, 'expected a time')
    .meta(TIME_JSON_SCHEMA)
    .optional()
    .describe('only what was set aside before; default: now'),
  after: z
    .string()
    .startsWith('failed/')
    .max(200)
    .optional()
    .describe('`next` of the round before'),
})

/** `POST /v1/redrive`: sends again what was set aside in `failed/`. */
export function redriveRoutes({ lake, publisher, clock }: Runtime): Route[] {
  return [
    {
      method: 'POST',
      path: '/v1/redrive',
      access: 'secret',
      body: { maxBytes: MAX_BYTES.small, optional: true },
      async handle({ json: parsed }) {
        const body = redriveBody.safeParse(parsed() ?? {})
        if (!body.success)
          throw new Problem(
            400,
            'invalid_request',
            'Send nothing, or { "date", "before", "after" }.',
            {
              errors: issuesOf(body.error),
            },
          )
        const { date = null, before, after = null } = body.data
        const beforeMs = timeMs(before) ?? clock.nowMs()
        const query = { date, beforeMs, after, limit: LIMIT }
        return json({ ...(await redrive({ bucket: lake, publisher }, query)), before: beforeMs })
      },
    },
  ]
}
