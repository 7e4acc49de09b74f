import * as z from 'zod'
import type { Runtime } from '../wheel/runtime.ts'
import { idListSchema } from './ids.ts'
import { issuesOf } from './issues.ts'
import { Problem } from './problem.ts'
import { json, MAX_BYTES, type Route } from './route.ts'

/** The most ids of one call. */
export const MAX_PSEUDONYMS = 10_000

/** The body of a call for pseudonyms. */
export const pseudonymsBody = z.strictObject({ ids: idListSchema(MAX_PSEUDONYMS) })

/** `POST /v1/users/pseudonyms`: the keys under which people are kept, so that a team can join its own tables. */
export function userRoutes(runtime: Runtime): Route[] {
  return [
    {
      method: 'POST',
      path: '/v1/users/pseudonyms',
      access: 'secret',
      body: { maxBytes: MAX_BYTES.entities },
      handle(call) {
        const body = pseudonymsBody.safeParse(call.json())
        if (!body.success)
          throw new Problem(400, 'invalid_request', 'Send { "ids": [ … ] }.', {
            errors: issuesOf(body.error),
          })
        const { ids } = body.data
        if (ids.length > MAX_PSEUDONYMS)
          throw new Problem(422, 'over_cap', `ids: more than ${MAX_PSEUDONYMS}`, {
            errors: [{ path: 'ids', message: `more than ${MAX_PSEUDONYMS}` }],
          })
        // A list, not an object: an id may be any word, `__proto__` among them.
        return json({ pseudonyms: ids.map((id) => ({ id, pseudonym: runtime.pseudonym(id) })) })
      },
    },
  ]
}
