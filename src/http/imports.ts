import * as z from 'zod'
import type { Runtime } from '../wheel/runtime.ts'
import { entityOf } from './entities.ts'
import { issuesOf } from './issues.ts'
import { Problem } from './problem.ts'
import { json, MAX_BYTES, type Route } from './route.ts'

/** The body of a mark: where a load of an entity stands. */
export const importBody = z.strictObject({ state: z.enum(['running', 'done']) })

/** `POST /v1/imports/{entity}`: an import says that it runs, so that `/readyz` waits for its end. */
export function importRoutes(runtime: Runtime): Route[] {
  return [
    {
      method: 'POST',
      path: '/v1/imports/:entity',
      access: 'secret',
      body: { maxBytes: MAX_BYTES.small },
      async handle(call) {
        const entity = entityOf(runtime, call)
        const body = importBody.safeParse(call.json())
        if (!body.success)
          throw new Problem(400, 'invalid_request', 'state is running or done.', {
            errors: issuesOf(body.error),
          })
        await runtime.owners.markImport(entity.name, body.data.state)
        const { state, atMs } = await runtime.owners.importState(entity.name)
        return json({ entity: entity.name, state, at: atMs })
      },
    },
  ]
}
