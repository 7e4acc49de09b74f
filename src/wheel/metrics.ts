import { DurableObject } from 'cloudflare:workers'
import { HOUR_MS } from '../core/duration.ts'
import { hourAt } from './metric-cells.ts'
import type { MetricChanges } from './metric-changes.ts'
import { linesOf, type MetricLines, type MetricQuery } from './metric-groups.ts'
import { type MetricRows, type MetricState, metricRows } from './metric-rows.ts'
import { type MetricTotal, totalsOf } from './metric-totals.ts'

/** What one use case counted ever, and what it could not. */
export interface MetricTotals extends MetricState {
  readonly groups: readonly MetricTotal[]
  /** Events whose decision has not come (yet). */
  readonly pending: number
}

/** What a Metrics object answers to; one object per use case, named by its id. */
export interface MetricsRpc extends Rpc.DurableObjectBranded {
  /**
   * Counts a batch, each thing once however often it comes. Answers the indices of events whose decision is
   * not known here; with `hold` they wait for it.
   */
  count(changes: MetricChanges, hold: boolean): Promise<number[]>
  read(query: MetricQuery): Promise<MetricLines>
  totals(): Promise<MetricTotals>
}

const SWEEP_EVERY_MS = 6 * HOUR_MS
const RETRY_MS = 60_000
/** Scrapes of several collectors read the rows once. */
const TOTALS_MS = 10_000

/** The class of the objects that count decisions and outcomes; export it under the name that the bindings use. */
export function metricsClass<Env>(): new (
  ctx: DurableObjectState,
  env: Env,
) => DurableObject<Env> & MetricsRpc {
  return class Metrics extends DurableObject<Env> implements MetricsRpc {
    readonly #rows: MetricRows
    #armed = false
    #totals: { readonly atMs: number; readonly value: MetricTotals } | null = null

    constructor(ctx: DurableObjectState, env: Env) {
      super(ctx, env)
      this.#rows = metricRows(ctx.storage)
    }

    async count(changes: MetricChanges, hold: boolean): Promise<number[]> {
      const isArmed = this.#armed || (await this.ctx.storage.getAlarm()) !== null
      const unknown = this.#rows.count(changes, hold)
      // No await since the change: both are written, or neither.
      if (!isArmed) await this.ctx.storage.setAlarm(Date.now() + SWEEP_EVERY_MS)
      this.#armed = true
      return unknown
    }

    async read({ fromMs, toMs, by }: MetricQuery): Promise<MetricLines> {
      return linesOf(this.#rows.cells.between(hourAt(fromMs), hourAt(toMs)), by)
    }

    async totals(): Promise<MetricTotals> {
      const nowMs = Date.now()
      if (this.#totals === null || nowMs - this.#totals.atMs >= TOTALS_MS) {
        const cells = this.#rows.cells.between(0, Number.MAX_SAFE_INTEGER)
        const groups = totalsOf([...this.#rows.retired.all(), ...cells])
        const value = { ...this.#rows.state(), groups, pending: this.#rows.pending.count }
        this.#totals = { atMs: nowMs, value }
      }
      return this.#totals.value
    }

    /** Never rejects for what goes wrong inside: the platform gives up after six retries. */
    override async alarm(): Promise<void> {
      this.#armed = false
      let afterMs = SWEEP_EVERY_MS
      try {
        this.#rows.sweep(Date.now())
      } catch (error) {
        console.error(`${this.ctx.id.name}: what has lived its time was not removed:`, error)
        afterMs = RETRY_MS
      }
      await this.ctx.storage.setAlarm(Date.now() + afterMs)
      this.#armed = true
    }
  }
}
