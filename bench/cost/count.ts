import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { loadMovieLens } from '../../examples/movielens/dataset.ts'
import { itemRecords, userRecords } from '../../examples/movielens/records.ts'
import { movieStatistics, userStatistics } from '../../examples/movielens/statistics.ts'
import { SETTINGS } from '../decision/world.ts'
import { bundled, config } from '../workerd/bundle.ts'
import { serve } from '../workerd/serve.ts'
import type { Counted, Scenario } from './traffic.ts'

/** What to simulate; the rest is the same in all scenarios. */
export type Traffic = Pick<Scenario, 'rate' | 'decisions' | 'impressions' | 'warmMs'>

/** What was counted, and the CPU time that the whole simulation took, its driver included. */
export interface CountedTraffic extends Counted, Traffic {
  readonly cpuMs: number
  /** Decisions of the whole simulation, counted or not. */
  readonly all: number
}

const SLOTS = 10
const RECORDS_PER_CALL = 500

/** Catalogue and users; fewer are quicker, and more alike. */
export interface CatalogueSize {
  readonly items: number
  readonly users: number
}

const WHOLE: CatalogueSize = { items: Number.POSITIVE_INFINITY, users: Number.POSITIVE_INFINITY }

/** Runs scenarios one after the other, each in a workerd of its own, with MovieLens as catalogue and users. */
export async function countTraffic(
  scenarios: readonly Traffic[],
  size: CatalogueSize = WHOLE,
): Promise<CountedTraffic[]> {
  const module = bundledWorker(config.durable_objects.bindings.map((one) => one.class_name))
  const { calls, users } = catalogue(size)
  const [queue] = config.queues.consumers ?? []
  const counted: CountedTraffic[] = []
  for (const traffic of scenarios) {
    const classes = config.durable_objects.bindings
    const server = await serve(module, {
      vars: SETTINGS,
      objects: Object.fromEntries(classes.map(({ name, class_name }) => [name, class_name])),
    })
    const post = async (path: string, body: unknown) => {
      const request = { method: 'POST', body: JSON.stringify(body) }
      const response = await fetch(`http://127.0.0.1:${server.port}${path}`, request)
      const text = await response.text()
      if (!response.ok) throw new Error(`${path}: ${text.slice(0, 1_000)}`)
      return text
    }
    try {
      await post('/seed', calls)
      const scenario: Scenario = {
        ...{ ...traffic, users, slots: SLOTS, key: SETTINGS.PUBLISHABLE_KEY },
        batchSize: queue?.max_batch_size ?? 10,
        batchTimeoutMs: 1_000 * (queue?.max_batch_timeout ?? 5),
      }
      const before = server.cpuNs()
      const answer = JSON.parse(await post('/run', scenario)) as Counted
      const cpuMs = (server.cpuNs() - before) / 1e6
      const all = traffic.decisions + (traffic.warmMs / 1_000) * traffic.rate
      counted.push({ ...traffic, ...answer, cpuMs, all })
    } finally {
      await server.stop()
    }
  }
  return counted
}

/** A Worker exports its object classes by name, and which there are the configuration says. */
function bundledWorker(classNames: readonly string[]): string {
  const worker = JSON.stringify(fileURLToPath(new URL('worker.ts', import.meta.url).href))
  const folder = mkdtempSync(join(tmpdir(), 'edgewheel-cost-'))
  try {
    const entry = join(folder, 'entry.ts')
    const classes = `export const { ${classNames.join(', ')} } = classes`
    writeFileSync(
      entry,
      `import worker, { classes } from ${worker}\nexport default worker\n${classes}\n`,
    )
    return bundled(entry)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function catalogue(size: CatalogueSize) {
  const data = loadMovieLens()
  const items = itemRecords(data, movieStatistics(data), 0).slice(0, size.items)
  const people = userRecords(data, userStatistics(data)).slice(0, size.users)
  const calls: { path: string; body: unknown }[] = []
  for (const [entity, records] of Object.entries({ item: items, user: people }))
    for (let at = 0; at < records.length; at += RECORDS_PER_CALL)
      calls.push({
        path: `/v1/entities/${entity}`,
        body: { records: records.slice(at, at + RECORDS_PER_CALL) },
      })
  return { calls, users: people.map(({ id }) => id) }
}
