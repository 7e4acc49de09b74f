import type { Entity } from '../core/entity.ts'
import type { Table } from '../core/table.ts'
import type { Runtime } from '../wheel/runtime.ts'
import { Problem } from './problem.ts'
import { type Call, json, type Route } from './route.ts'

/** How long `/readyz` waits for pages, ms. */
const WAIT_MS = 2_000
/** Pages older than this are asked for again where an import has ended since, ms. */
const FORCED_AGE_MS = 100

/** `/livez`: the Worker runs. `/readyz`: this isolate holds all that its use cases read, imports finished. */
export function healthRoutes(runtime: Runtime): Route[] {
  return [
    {
      method: 'GET',
      path: '/livez',
      access: 'open',
      handle: () => json({ status: 'live' }),
    },
    {
      method: 'GET',
      path: '/readyz',
      access: 'open',
      async handle(call) {
        const ready = await Promise.all(
          [...runtime.entities.values()].map((entity) =>
            isReady(runtime, entity, call).catch(() => false),
          ),
        )
        if (ready.every(Boolean)) return json({ status: 'ready' })
        throw new Problem(503, 'not_ready', 'Not ready yet.', { headers: { 'retry-after': '1' } })
      },
    },
  ]
}

async function isReady(runtime: Runtime, entity: Entity, call: Call): Promise<boolean> {
  const { owners, plans, tables } = runtime
  const { state, atMs } = await owners.importState(entity.name)
  if (state === 'running') return false
  const isRead = [...plans.values()].some(({ paged }) =>
    paged.some(({ name }) => name === entity.name),
  )
  if (!isRead) return true
  const options = { waitMs: WAIT_MS, waitUntil: call.waitUntil }
  const isNew = (table: Table | null) =>
    table !== null && (state === 'none' || table.asOfMs >= atMs)
  if (isNew((await tables.read(entity, options)).value)) return true
  // The pages of before the import would serve on until their refresh is due.
  return isNew((await tables.read(entity, { ...options, maxAgeMs: FORCED_AGE_MS })).value)
}
