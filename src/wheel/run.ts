import { DurableObject } from 'cloudflare:workers'
import { DAY_MS } from '../core/duration.ts'
import { type NewRun, type Run, runRows } from './run-rows.ts'

export type { NewRun, Run } from './run-rows.ts'

/** What the Runs object answers to; there is one. */
export interface RunsRpc extends Rpc.DurableObjectBranded {
  /** Begins a run; a second time changes nothing. */
  begin(run: NewRun): Promise<void>
  /** Changes what is given. Runs that are no longer kept are no error. */
  change(id: string, change: Partial<Run>): Promise<void>
  /** A run as JSON, null where there is none (any more): reports have any shape. */
  readText(id: string): Promise<string | null>
}

/** Records of long work, for those who do it and those who ask. */
export interface RunsClient {
  begin(run: NewRun): Promise<void>
  change(id: string, change: Partial<Run>): Promise<void>
  read(id: string): Promise<Run | null>
}

const KEPT_MS = 90 * DAY_MS
const RETRY_MS = 60_000

/** A client of the Runs object behind `namespace`. */
export function runsClient(namespace: DurableObjectNamespace<RunsRpc>): RunsClient {
  const runs = () => namespace.getByName('runs')
  return {
    begin: async (run) => runs().begin(run),
    change: async (id, change) => runs().change(id, change),
    async read(id) {
      const text = await runs().readText(id)
      return text === null ? null : (JSON.parse(text) as Run)
    },
  }
}

/** The class of the object that keeps runs; export it under the name that the bindings use. */
export function runsClass<Env>(): new (
  ctx: DurableObjectState,
  env: Env,
) => DurableObject<Env> & RunsRpc {
  return class Runs extends DurableObject<Env> implements RunsRpc {
    readonly #rows = runRows(this.ctx.storage)

    async begin(run: NewRun): Promise<void> {
      const armedMs = await this.ctx.storage.getAlarm()
      this.#rows.add(run, Date.now())
      // No await since the row: both are written, or neither.
      if (armedMs === null) await this.ctx.storage.setAlarm(Date.now() + DAY_MS)
    }

    async change(id: string, change: Partial<Run>): Promise<void> {
      this.#rows.change(id, change, Date.now())
    }

    async readText(id: string): Promise<string | null> {
      const run = this.#rows.read(id)
      return run === null ? null : JSON.stringify(run)
    }

    /** Never rejects for what goes wrong inside: the platform gives up after six retries. */
    override async alarm(): Promise<void> {
      let afterMs: number | null = DAY_MS
      try {
        if (!this.#rows.dropBefore(Date.now() - KEPT_MS)) afterMs = null
      } catch (error) {
        console.error('runs that have lived their time were not removed:', error)
        afterMs = RETRY_MS
      }
      if (afterMs !== null) await this.ctx.storage.setAlarm(Date.now() + afterMs)
    }
  }
}
