import { type Context, Hono } from 'hono'
import { EdgewheelError } from '../core/errors.ts'
import type { Runtime } from '../wheel/runtime.ts'
import { type AcceptedKeys, authenticate } from './auth.ts'
import { parseJson, readBody } from './body.ts'
import { CORS, preflight } from './cors.ts'
import { decideRoutes } from './decide.ts'
import { decisionRoutes } from './decisions.ts'
import { type Assets, docsRoutes } from './docs.ts'
import { entityRoutes } from './entities.ts'
import { type EventsOptions, eventRoutes } from './events.ts'
import { hasKeyInside, keyInside } from './events-key.ts'
import { forgetRoutes } from './forget.ts'
import { healthRoutes } from './health.ts'
import { importRoutes } from './imports.ts'
import { metricRoutes } from './metrics.ts'
import { modelRoutes } from './models.ts'
import { Problem, problemResponse } from './problem.ts'
import { type RateLimiter, rateGate } from './rate-limit.ts'
import { redriveRoutes } from './redrive.ts'
import { replayRoutes } from './replays.ts'
import type { Route } from './route.ts'
import { runRoutes } from './runs.ts'
import { useCaseRoutes } from './use-cases.ts'
import { userRoutes } from './users.ts'

/** What the HTTP edge needs beside the runtime. */
export interface AppOptions extends EventsOptions {
  readonly runtime: Runtime
  readonly keys: AcceptedKeys
  readonly assets: Assets
  /** Null: no limit. */
  readonly limiter: RateLimiter | null
  /** Whether `Sec-GPC: 1` counts as no to training. */
  readonly honoursGpc: boolean
}

/** All routes of the API. */
export function routesOf({
  runtime,
  assets,
  ...events
}: Pick<AppOptions, 'runtime' | 'assets'> & EventsOptions): Route[] {
  return [
    ...decideRoutes(runtime),
    ...eventRoutes(runtime, events),
    ...replayRoutes(runtime),
    ...decisionRoutes(runtime),
    ...redriveRoutes(runtime),
    ...entityRoutes(runtime),
    ...modelRoutes(runtime),
    ...metricRoutes(runtime),
    ...useCaseRoutes(runtime),
    ...userRoutes(runtime),
    ...forgetRoutes(runtime),
    ...runRoutes(runtime),
    ...importRoutes(runtime),
    ...healthRoutes(runtime),
    ...docsRoutes(assets),
  ]
}

/** The HTTP application: routing, keys and body limits in the order of the API's errors, problems for the rest. */
export function createApp(options: AppOptions): Hono {
  const app = new Hono()
  const byPath = Map.groupBy(routesOf(options), ({ path }) => path)
  for (const [path, routes] of byPath) {
    for (const route of routes) app.on(route.method, path, (c) => run(route, c, options))
    const methods = routes.flatMap(({ method }) => (method === 'GET' ? ['GET', 'HEAD'] : [method]))
    const open = routes.some(({ access }) => access !== 'secret')
    app.options(path, () => preflight(methods, open))
    app.all(path, (c) =>
      problemResponse(
        new Problem(405, 'method_not_allowed', `Use ${methods.join(' or ')}.`, {
          headers: { allow: [...methods, 'OPTIONS'].join(', '), ...(open ? CORS : {}) },
        }),
        pathOf(c.req.raw),
      ),
    )
  }
  app.notFound((c) =>
    problemResponse(
      new Problem(404, 'unknown_route', 'There is no such route.'),
      pathOf(c.req.raw),
    ),
  )
  app.onError((error, c) => problemResponse(problemOf(error), pathOf(c.req.raw)))
  return app
}

async function run(route: Route, c: Context, options: AppOptions): Promise<Response> {
  const response = await answer(route, c, options).catch((error: unknown) =>
    problemResponse(problemOf(error), pathOf(c.req.raw)),
  )
  if (route.access !== 'secret')
    for (const [name, value] of Object.entries(CORS)) response.headers.set(name, value)
  return response
}

async function answer(route: Route, c: Context, options: AppOptions): Promise<Response> {
  const request = c.req.raw
  const { key, bytes, body } = await opened(route, request, options)
  return route.handle({
    request,
    kind: key?.kind ?? null,
    param: (name) => paramOf(route, request, name),
    bytes,
    json: () => body ?? parseJson(bytes),
    optedOut: options.honoursGpc && request.headers.get('sec-gpc') === '1',
    admit: () => rateGate(options.limiter, request, key?.digest ?? null),
    waitUntil: (work) => c.executionCtx.waitUntil(work),
  })
}

/** The key first, then the body; where the key is in the body, that has to be read before. */
async function opened(route: Route, request: Request, { keys, runtime }: AppOptions) {
  const { access, body: rule } = route
  if (rule?.keyInside && hasKeyInside(request)) {
    const bytes = await readBody(request, rule)
    const { body, ...key } = keyInside(bytes, keys, runtime.digests)
    return { key, bytes, body }
  }
  const key = access === 'open' ? null : authenticate(request, keys, runtime.digests)
  if (access === 'secret' && key?.kind !== 'secret')
    throw new Problem(403, 'forbidden', 'This route needs the secret key.')
  return { key, bytes: rule ? await readBody(request, rule) : null, body: undefined }
}

/** From the path as it was sent: the router's own decoding lets malformed escapes pass. */
function paramOf(route: Route, request: Request, name: string): string | null {
  const at = route.path.split('/').indexOf(`:${name}`)
  try {
    return decodeURIComponent(pathOf(request).split('/')[at])
  } catch {
    return null
  }
}

function pathOf(request: Request): string {
  return new URL(request.url).pathname
}

function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error
  if (error instanceof EdgewheelError && error.code === 'not_durable')
    return new Problem(503, 'not_durable', error.message, { headers: { 'retry-after': '1' } })
  console.error(error)
  return new Problem(500, 'internal', 'Something went wrong on our side.')
}
