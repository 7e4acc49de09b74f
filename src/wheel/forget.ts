import { DurableObject } from 'cloudflare:workers'
import type { Cutoff } from './forget-cutoffs.ts'
import type { PersonalRecords } from './forget-records.ts'
import { type ForgetWork, forgetWork } from './forget-work.ts'
import type { RunsClient } from './run.ts'

/** What the Forget object answers to; there is one. */
export interface ForgetRpc extends Rpc.DurableObjectBranded {
  /** Forgets somebody from a time on; the id of the run. `isUrgent`: in the lake at once, too. */
  forget(pseudonym: string, atMs: number, isUrgent: boolean): Promise<string>
  /** Lifts the tombstones of those who have one: what came before stays forgotten. */
  remember(pseudonyms: readonly string[], nowMs: number): Promise<void>
  /** Those of `pseudonyms` who are forgotten. */
  among(pseudonyms: readonly string[]): Promise<Map<string, Cutoff>>
  /** Begins the daily pass through the lake. */
  passThroughLake(): Promise<void>
}

/** What {@link forgetClass} takes: how to reach from bindings what has to forget. */
export interface ForgetOptions<Env> {
  readonly recordsOf: (env: Env) => PersonalRecords
  readonly lakeOf: (env: Env) => R2Bucket
  readonly runsOf: (env: Env) => RunsClient
}

const FIRST_DELAY_MS = 1_000
const LAST_DELAY_MS = 5 * 60_000

/** The class of the object that forgets people; export it under the name that the bindings use. */
export function forgetClass<Env>({
  recordsOf,
  lakeOf,
  runsOf,
}: ForgetOptions<Env>): new (
  ctx: DurableObjectState,
  env: Env,
) => DurableObject<Env> & ForgetRpc {
  return class Forget extends DurableObject<Env> implements ForgetRpc {
    readonly #work: ForgetWork
    #failures = 0

    constructor(ctx: DurableObjectState, env: Env) {
      super(ctx, env)
      this.#work = forgetWork(ctx.storage, {
        ...{ records: recordsOf(env), lake: lakeOf(env), runs: runsOf(env) },
      })
    }

    async forget(pseudonym: string, atMs: number, isUrgent: boolean): Promise<string> {
      const run = await this.#work.begin()
      this.#work.rows.add({ run, pseudonym, atMs }, isUrgent)
      // No await since the rows: tombstone, job and alarm are written, or none.
      await this.ctx.storage.setAlarm(Date.now())
      return run
    }

    async remember(pseudonyms: readonly string[], nowMs: number): Promise<void> {
      await this.#work.remember(pseudonyms, nowMs)
      await this.#arm()
    }

    async among(pseudonyms: readonly string[]): Promise<Map<string, Cutoff>> {
      return new Map(this.#work.rows.cutoffsAmong(pseudonyms, Date.now()))
    }

    async passThroughLake(): Promise<void> {
      this.#work.rows.requestPass()
      await this.ctx.storage.setAlarm(Date.now())
    }

    /** Never rejects for what goes wrong inside: the platform gives up after six retries. */
    override async alarm(): Promise<void> {
      const delayMs = Math.min(LAST_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.min(this.#failures, 10))
      // Before anything is done, in case the object goes down meanwhile.
      await this.ctx.storage.setAlarm(Date.now() + delayMs)
      try {
        await this.#work.step(Date.now())
        this.#failures = 0
      } catch (error) {
        this.#failures++
        console.error(`${this.ctx.id.name}: not forgotten yet, again in ${delayMs} ms:`, error)
        return
      }
      await this.#arm()
    }

    async #arm(): Promise<void> {
      const nextMs = this.#work.nextMs(Date.now())
      if (nextMs === null) await this.ctx.storage.deleteAlarm()
      else await this.ctx.storage.setAlarm(Math.max(Date.now(), nextMs))
    }
  }
}
