import type { Runtime } from '../wheel/runtime.ts'
import { Problem } from './problem.ts'
import { json, type Route } from './route.ts'

/** `GET /v1/runs/{run}`: how far long work has come. */
export function runRoutes({ runs }: Runtime): Route[] {
  return [
    {
      method: 'GET',
      path: '/v1/runs/:run',
      access: 'secret',
      async handle(call) {
        const id = call.param('run')
        const run = id === null || id.length > MAX_ID ? null : await runs.read(id)
        if (run === null) throw new Problem(404, 'unknown_id', 'There is no such run (any more).')
        const { state, progress, report, error } = run
        return json({
          ...{ state, progress },
          ...(report === null ? {} : { report }),
          ...(error === null ? {} : { error }),
        })
      },
    },
  ]
}

const MAX_ID = 128
