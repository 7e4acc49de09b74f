import { forgetInLake } from './forget-lake.ts'
import type { PersonalRecords } from './forget-records.ts'
import { type ForgetRows, forgetRows } from './forget-rows.ts'
import { eachOf } from './record-owners.ts'
import type { RunsClient } from './run.ts'

/** Where people have to be forgotten, and who is told. */
export interface ForgetPlaces {
  readonly records: PersonalRecords
  readonly lake: R2Bucket
  readonly runs: RunsClient
}

/** The work of forgetting: every step may break off, and be done again. */
export interface ForgetWork {
  readonly rows: ForgetRows
  /** Begins a run; its id. */
  begin(): Promise<string>
  /** The next step of all that is to be done. Rejects where something could not be reached. */
  step(nowMs: number): Promise<void>
  /** When the next step is due, epoch ms; null: nothing is left to be done. */
  nextMs(nowMs: number): number | null
  /** Removes what is left of the records of those who are to be forgotten, then lifts their tombstones. */
  remember(pseudonyms: readonly string[], nowMs: number): Promise<void>
}

/** An alarm may take minutes; others wait for the object meanwhile. */
const STEP_MS = 10_000
/** How long readers elsewhere may hold what was published: until then, KV's caches have let go of it. */
const CACHES_MS = 60_000

const NOTHING = { next: null, report: { read: 0, rewritten: 0, unreadable: 0 } }

/** The work that the rows in `storage` stand for. */
export function forgetWork(
  storage: DurableObjectStorage,
  { records, lake, runs }: ForgetPlaces,
): ForgetWork {
  const rows = forgetRows(storage)
  let turn: Promise<unknown> = Promise.resolve()

  /** Who is pushed again while they are being forgotten must not lose what is pushed. */
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = turn.then(work)
    turn = done.catch(() => {})
    return done
  }

  async function removeRecords(pseudonyms: readonly string[]): Promise<void> {
    await eachOf(pseudonyms, (pseudonym) => records.forget(pseudonym))
    rows.setRecords(pseudonyms, 'removed')
  }

  async function clean(): Promise<void> {
    await inTurn(() => removeRecords(rows.withRecords('due')))
    const removed = rows.withRecords('removed')
    await records.unpublish(removed)
    rows.setRecords(removed, 'clean')
    for (const { run, atMs } of rows.jobs(false)) {
      const cachesCleanAt = Date.now() + CACHES_MS
      const report = { forgottenAt: atMs, cachesCleanAt, lake: { state: 'waiting' } }
      await runs.change(run, { state: 'done', progress: 1, report })
      rows.setTold(run)
    }
  }

  async function passThroughLake(nowMs: number): Promise<void> {
    const dueMs = rows.passDueMs()
    let pass = rows.pass()
    if (pass === null && dueMs !== null && dueMs <= nowMs) pass = rows.beginPass(nowMs)
    while (pass !== null && Date.now() < nowMs + STEP_MS) {
      const { all, fresh, freshFromMs } = rows.cutoffsOfPass()
      const cutoffsOf = (uploadedMs: number) => (uploadedMs >= freshFromMs ? fresh : all)
      const { next, report } =
        fresh.size === 0 ? NOTHING : await forgetInLake(lake, pass.cursor, cutoffsOf)
      const sum = {
        startedMs: pass.startedMs,
        read: pass.read + report.read,
        rewritten: pass.rewritten + report.rewritten,
        unreadable: pass.unreadable + report.unreadable,
      }
      pass = next && { ...sum, cursor: next }
      if (pass) rows.advancePass(pass)
      else rows.endPass(sum, Date.now())
    }
  }

  async function tellOfLake(): Promise<void> {
    const last = rows.lastPass()
    if (last === null) return
    const { endedMs, read, rewritten, unreadable } = last
    for (const { run, atMs, told } of rows.jobs(true)) {
      if (!told) continue
      const lake = { state: 'rewritten', at: endedMs, read, rewritten, unreadable }
      await runs.change(run, { report: { forgottenAt: atMs, lake } })
      rows.end(run)
    }
  }

  return {
    rows,
    async begin() {
      const id = crypto.randomUUID()
      await runs.begin({ id, kind: 'forget' })
      return id
    },
    async step(nowMs) {
      await clean()
      await passThroughLake(nowMs)
      await tellOfLake()
      rows.dropEnded(nowMs)
    },
    nextMs(nowMs) {
      const isDue =
        rows.withRecords('due').length > 0 ||
        rows.withRecords('removed').length > 0 ||
        rows.jobs(false).length > 0 ||
        rows.jobs(true).length > 0 ||
        rows.pass() !== null
      if (isDue) return nowMs
      const times = [rows.passDueMs(), rows.nextEndMs()].filter((time) => time !== null)
      return times.length === 0 ? null : Math.min(...times)
    },
    remember: (pseudonyms, nowMs) =>
      inTurn(async () => {
        const tombstoned = rows.tombstoned(pseudonyms, nowMs)
        if (tombstoned.length === 0) return
        await removeRecords(rows.dueAmong(tombstoned))
        await records.remember(tombstoned)
        rows.remember(tombstoned, nowMs)
      }),
  }
}
