import * as z from 'zod'
import { redrive } from '../wheel/redrive.ts'
import type { Runtime } from '../wheel/runtime.ts'
import { issuesOf } from './issues.ts'
import { Problem } from './problem.ts'
import { json, MAX_BYTES, type Route } from './route.ts'
import { TIME_JSON_SCHEMA, timeMs } from './times.ts'

/** Objects of one call; the client calls again while there are more. */
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
})

/** `POST /v1/redrive`: sends again what was set aside in `failed/`. */
export function redriveRoutes({ lake, publisher, clock }: Runtime): Route[] {
  return [
    {
      method: 'POST',
      path: '/v1/redrive',
      access: 'secret',
      body: { maxBytes: MAX_BYTES.small, optional: true },
      async handle(call) {
        const body = redriveBody.safeParse(call.json() ?? {})
        if (!body.success)
          throw new Problem(400, 'invalid_request', 'Send nothing, or { "date", "before" }.', {
            errors: issuesOf(body.error),
          })
        const { date = null, before } = body.data
        const beforeMs = timeMs(before) ?? clock.nowMs()
        return json(await redrive({ bucket: lake, publisher }, { date, beforeMs, limit: LIMIT }))
      },
    },
  ]
}
