import * as z from 'zod'
import { isId } from '../core/request.ts'
import type { Runtime } from '../wheel/runtime.ts'
import { ID_EXPECTED, idSchema } from './ids.ts'
import { issuesOf } from './issues.ts'
import { Problem } from './problem.ts'
import { json, MAX_BYTES, type Route } from './route.ts'

const now = z.boolean().optional().describe('in the lake at once, too; default: once a day')

/** The body of a call to forget somebody. */
export const forgetBody = z.strictObject({ id: idSchema, now })

/** The body of a DELETE, if it has one. */
export const forgetOptions = z.strictObject({ now })

/**
 * `DELETE /v1/users/{id}` and `POST /v1/users/forget`, which keeps the id out of the logs of URLs: forgets
 * somebody everywhere. Answers with a run once the tombstone stands.
 */
export function forgetRoutes({ forgetting, clock, pseudonym }: Runtime): Route[] {
  const common = { access: 'secret' } as const
  const forget = async (id: string, isUrgent = false) => {
    const run = await forgetting.forget(pseudonym(id), clock.nowMs(), isUrgent)
    return json({ run }, 202)
  }
  return [
    // Before the other, whose path it fits.
    {
      ...common,
      method: 'POST',
      path: '/v1/users/forget',
      body: { maxBytes: MAX_BYTES.small },
      handle(call) {
        const { id, now: isUrgent } = parsed(forgetBody, call.json(), 'Send { "id" }.')
        return forget(id, isUrgent)
      },
    },
    {
      ...common,
      method: 'DELETE',
      path: '/v1/users/:id',
      body: { maxBytes: MAX_BYTES.small, optional: true },
      handle(call) {
        const id = call.param('id')
        if (!isId(id))
          throw new Problem(400, 'invalid_request', `id: ${ID_EXPECTED}`, {
            errors: [{ path: 'id', message: ID_EXPECTED }],
          })
        const { now: isUrgent } = parsed(forgetOptions, call.json(), 'Send nothing, or { "now" }.')
        return forget(id, isUrgent)
      },
    },
  ]
}

function parsed<T>(schema: z.ZodType<T>, body: unknown, detail: string): T {
  const result = schema.safeParse(body)
  if (result.success) return result.data
  throw new Problem(400, 'invalid_request', detail, { errors: issuesOf(result.error) })
}
