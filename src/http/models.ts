import * as z from 'zod'
import { EdgewheelError } from '../core/errors.ts'
import type { Rejection } from '../model/artifact.ts'
import type { Runtime } from '../wheel/runtime.ts'
import { isDeeperThan } from './body.ts'
import { isObject } from './ids.ts'
import { issuesOf } from './issues.ts'
import { Problem } from './problem.ts'
import { type Call, json, MAX_BYTES, type Route } from './route.ts'
import { planOfPath } from './use-cases.ts'

/** Artifacts are flat; more than this is somebody's mistake. */
const MAX_DEPTH = 64

/** The body of a publish: `force` passes a gate that says no. */
export const publishBody = z.strictObject({ force: z.boolean().optional() })

/** Versions of a use case's model: list, read, upload, publish. */
export function modelRoutes(runtime: Runtime): Route[] {
  const { registry } = runtime
  const secret = { access: 'secret' } as const
  return [
    {
      ...secret,
      method: 'GET',
      path: '/v1/models/:useCase',
      async handle(call) {
        const { current, versions } = await registry.list(idOf(runtime, call))
        return json({
          current,
          versions: versions.map(({ version, createdAtMs, status, report }) => ({
            version,
            createdAt: createdAtMs,
            status,
            report,
          })),
        })
      },
    },
    {
      ...secret,
      method: 'POST',
      path: '/v1/models/:useCase',
      body: { maxBytes: MAX_BYTES.entities },
      async handle(call) {
        const useCase = idOf(runtime, call)
        const artifact = artifactOf(call)
        const { version } = await fitting(400, () => registry.upload(useCase, artifact))
        return json({ useCase, version, status: 'stored' }, 201, {
          location: `/v1/models/${useCase}/${version}`,
        })
      },
    },
    {
      ...secret,
      method: 'GET',
      path: '/v1/models/:useCase/:version',
      async handle(call) {
        const useCase = idOf(runtime, call)
        const artifact = await registry.artifact(useCase, versionOf(call))
        if (artifact === null) throw unknownVersion()
        return new Response(artifact, {
          headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
        })
      },
    },
    {
      ...secret,
      method: 'POST',
      path: '/v1/models/:useCase/:version/publish',
      body: { maxBytes: MAX_BYTES.small, optional: true },
      async handle(call) {
        const useCase = idOf(runtime, call)
        const version = versionOf(call)
        const known = (await registry.list(useCase)).versions.some((one) => one.version === version)
        if (!known) throw unknownVersion()
        const body = publishBody.safeParse(call.json())
        if (!body.success)
          throw new Problem(400, 'invalid_request', 'Send nothing, or { "force": true }.', {
            errors: issuesOf(body.error),
          })
        if (!(await fitting(409, () => registry.publish(useCase, version)))) throw unknownVersion()
        return json({ useCase, current: version })
      },
    },
  ]
}

function idOf(runtime: Runtime, call: Call): string {
  return planOfPath(runtime, call, 'useCase').useCase.id
}

/** The JSON text of an upload. Throws 400 where it is no artifact at all. */
function artifactOf(call: Call): string {
  const artifact = call.json()
  if (!isObject(artifact)) throw new Problem(400, 'invalid_request', 'expected an artifact')
  if (call.bytes === null || isDeeperThan(MAX_DEPTH, call.bytes))
    throw new Problem(400, 'invalid_request', `nested deeper than ${MAX_DEPTH}`)
  return JSON.stringify(artifact)
}

/** A version is a whole number from 1; nothing else was ever stored. */
function versionOf(call: Call): number {
  const text = call.param('version') ?? ''
  if (!/^[1-9]\d{0,8}$/.test(text)) throw unknownVersion()
  return Number(text)
}

function unknownVersion(): Problem {
  return new Problem(404, 'unknown_id', 'There is no such version.')
}

/** Turns the registry's refusal of an artifact into a problem that lists every reason. */
async function fitting<T>(status: 400 | 409, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof EdgewheelError) || error.code !== 'model_rejected') throw error
    throw new Problem(status, 'model_rejected', 'The artifact does not fit this use case.', {
      errors: error.cause as readonly Rejection[],
    })
  }
}
