import { DAY_MS } from '../core/duration.ts'
import type { Cutoffs } from './forget-cutoffs.ts'
import { LAKE_BEGIN, type LakeCursor, type LakeReport } from './forget-lake.ts'

/** How long what arrives for somebody who was forgotten is dropped. */
export const FORGOTTEN_MS = 30 * DAY_MS

/** A request to forget somebody that its run has not seen the end of. */
export interface ForgetJob {
  readonly run: string
  readonly pseudonym: string
  readonly atMs: number
  /** Whether the run has been told that the records are clean. */
  readonly told: boolean
}

/** A pass through the lake. */
export interface LakePass extends LakeReport {
  readonly startedMs: number
  readonly cursor: LakeCursor
}

/** What one object knows of people who are forgotten, in its SQLite. Synchronous. */
export interface ForgetRows {
  /** Forgets somebody, from a time on, and begins a job; `isUrgent`: the lake must not wait for its day. */
  add(job: Omit<ForgetJob, 'told'>, isUrgent: boolean): void
  /** People whose records are to be removed (`due`), or are and have to be unpublished (`removed`). */
  withRecords(state: 'due' | 'removed'): string[]
  /** Those of `pseudonyms` whose records are to be removed. */
  dueAmong(pseudonyms: readonly string[]): string[]
  setRecords(pseudonyms: readonly string[], state: 'removed' | 'clean'): void
  /** Those of `pseudonyms` whose tombstones stand. */
  tombstoned(pseudonyms: readonly string[], nowMs: number): string[]
  /** Lifts tombstones: what came before a time stays forgotten. */
  remember(pseudonyms: readonly string[], nowMs: number): void
  cutoffsAmong(pseudonyms: readonly string[], nowMs: number): Cutoffs
  /** Jobs whose people have clean records; `lakeIsClean`: those whose rows in the lake are gone, too. */
  jobs(lakeIsClean: boolean): ForgetJob[]
  setTold(run: string): void
  end(run: string): void
  pass(): LakePass | null
  /** Begins a pass for everybody whose records are clean. */
  beginPass(nowMs: number): LakePass
  advancePass(pass: LakePass): void
  endPass(pass: Omit<LakePass, 'cursor'>, endedMs: number): void
  /** Of the pass under way: whom to forget in everything, and in what was uploaded since the last pass. */
  cutoffsOfPass(): { readonly all: Cutoffs; readonly fresh: Cutoffs; readonly freshFromMs: number }
  /** When there is a reason for a pass: epoch ms; null: there is none. */
  passDueMs(): number | null
  requestPass(): void
  lastPass(): (LakeReport & { readonly endedMs: number }) | null
  /** Drops tombstones that have lived their time and have nothing left to do. */
  dropEnded(nowMs: number): void
  /** When the first tombstone ends, epoch ms; null: there are none. */
  nextEndMs(): number | null
}

const SCHEMA = `
CREATE TABLE IF NOT EXISTS forgotten (
  pseudonym TEXT PRIMARY KEY,
  at_ms INTEGER NOT NULL,
  until_ms INTEGER NOT NULL,
  remembered_ms INTEGER,
  records TEXT NOT NULL,
  lake TEXT NOT NULL,
  urgent INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS jobs (
  run TEXT PRIMARY KEY,
  pseudonym TEXT NOT NULL,
  at_ms INTEGER NOT NULL,
  told INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS notes (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
`

/** People, and jobs, that one step takes. */
const BATCH = 100
/** Batches of the queue that were under way when somebody was forgotten have ended by then. */
const SETTLE_MS = 2_000
/** The daily pass comes by cron; should it not, the lake does not wait for ever. */
const DAILY_MS = DAY_MS + DAY_MS / 12
/** Uploads before a pass began that its listing may have missed. */
const OVERLAP_MS = DAY_MS / 24

type Person = { pseudonym: string; at_ms: number; remembered_ms: number | null; lake: string }

/** The rows in `storage`. */
export function forgetRows(storage: DurableObjectStorage): ForgetRows {
  const { sql } = storage
  sql.exec(SCHEMA)

  function note<T>(name: string): T | null {
    const [row] = sql
      .exec<{ value: string }>('SELECT value FROM notes WHERE name = ?', name)
      .toArray()
    return row ? (JSON.parse(row.value) as T) : null
  }
  function setNote(name: string, value: unknown): void {
    sql.exec('INSERT OR REPLACE INTO notes VALUES (?, ?)', name, JSON.stringify(value))
  }
  const cutoffsOf = (people: Iterable<Person>): Cutoffs =>
    new Map(
      [...people].map(({ pseudonym, at_ms: atMs, remembered_ms: beforeMs }) => [
        pseudonym,
        { atMs, beforeMs: beforeMs ?? Number.POSITIVE_INFINITY },
      ]),
    )
  const THESE = 'pseudonym IN (SELECT value FROM json_each(?))'

  return {
    add({ run, pseudonym, atMs }, isUrgent) {
      storage.transactionSync(() => {
        sql.exec(
          `INSERT INTO forgotten VALUES (?1, ?2, ?3, NULL, 'due', 'due', ?4)
           ON CONFLICT (pseudonym) DO UPDATE SET until_ms = ?3, records = 'due', lake = 'due',
             at_ms = CASE WHEN remembered_ms IS NULL THEN at_ms ELSE ?2 END,
             remembered_ms = NULL, urgent = max(urgent, ?4)`,
          ...[pseudonym, atMs, atMs + FORGOTTEN_MS, isUrgent ? 1 : 0],
        )
        sql.exec('INSERT INTO jobs (run, pseudonym, at_ms) VALUES (?, ?, ?)', run, pseudonym, atMs)
      })
    },
    withRecords(state) {
      const rows = sql.exec<{ pseudonym: string }>(
        'SELECT pseudonym FROM forgotten WHERE records = ? LIMIT ?',
        ...[state, BATCH],
      )
      return [...rows].map(({ pseudonym }) => pseudonym)
    },
    dueAmong(pseudonyms) {
      const rows = sql.exec<{ pseudonym: string }>(
        `SELECT pseudonym FROM forgotten WHERE records = 'due' AND ${THESE}`,
        JSON.stringify(pseudonyms),
      )
      return [...rows].map(({ pseudonym }) => pseudonym)
    },
    setRecords(pseudonyms, state) {
      const before = state === 'clean' ? 'removed' : 'due'
      sql.exec(
        `UPDATE forgotten SET records = ? WHERE records = ? AND ${THESE}`,
        ...[state, before, JSON.stringify(pseudonyms)],
      )
    },
    tombstoned(pseudonyms, nowMs) {
      const rows = sql.exec<{ pseudonym: string }>(
        `SELECT pseudonym FROM forgotten
         WHERE remembered_ms IS NULL AND until_ms > ? AND ${THESE}`,
        ...[nowMs, JSON.stringify(pseudonyms)],
      )
      return [...rows].map(({ pseudonym }) => pseudonym)
    },
    remember(pseudonyms, nowMs) {
      sql.exec(
        `UPDATE forgotten SET remembered_ms = ? WHERE remembered_ms IS NULL AND ${THESE}`,
        ...[nowMs, JSON.stringify(pseudonyms)],
      )
    },
    cutoffsAmong(pseudonyms, nowMs) {
      const people = sql.exec<Person>(
        `SELECT * FROM forgotten WHERE until_ms > ? AND ${THESE}`,
        ...[nowMs, JSON.stringify(pseudonyms)],
      )
      return cutoffsOf(people)
    },
    jobs(lakeIsClean) {
      const rows = sql.exec<{ run: string; pseudonym: string; at_ms: number; told: number }>(
        `SELECT jobs.* FROM jobs JOIN forgotten USING (pseudonym)
         WHERE records = 'clean' AND ${lakeIsClean ? "lake = 'clean'" : 'told = 0'} LIMIT ?`,
        BATCH,
      )
      return [...rows].map(({ run, pseudonym, at_ms: atMs, told }) => ({
        ...{ run, pseudonym, atMs, told: told === 1 },
      }))
    },
    setTold: (run) => void sql.exec('UPDATE jobs SET told = 1 WHERE run = ?', run),
    end: (run) => void sql.exec('DELETE FROM jobs WHERE run = ?', run),
    pass: () => note<LakePass>('pass'),
    beginPass(startedMs) {
      const report = { read: 0, rewritten: 0, unreadable: 0 }
      const pass = { startedMs, cursor: LAKE_BEGIN, ...report }
      storage.transactionSync(() => {
        sql.exec(
          "UPDATE forgotten SET lake = 'passing', urgent = 0 WHERE lake = 'due' AND records = 'clean'",
        )
        sql.exec("DELETE FROM notes WHERE name = 'requested'")
        setNote('pass', pass)
      })
      return pass
    },
    advancePass: (pass) => setNote('pass', pass),
    endPass({ startedMs, read, rewritten, unreadable }, endedMs) {
      storage.transactionSync(() => {
        sql.exec("UPDATE forgotten SET lake = 'clean' WHERE lake = 'passing'")
        sql.exec("DELETE FROM notes WHERE name = 'pass'")
        setNote('last', { startedMs, endedMs, read, rewritten, unreadable })
      })
    },
    cutoffsOfPass() {
      const people = sql
        .exec<Person>("SELECT * FROM forgotten WHERE lake IN ('passing', 'clean')")
        .toArray()
      const all = cutoffsOf(people.filter(({ lake }) => lake === 'passing'))
      const last = note<{ startedMs: number }>('last')
      return { all, fresh: cutoffsOf(people), freshFromMs: (last?.startedMs ?? 0) - OVERLAP_MS }
    },
    passDueMs() {
      if (note('requested') !== null) return 0
      const { urgent, daily } = sql
        .exec<{ urgent: number | null; daily: number | null }>(
          `SELECT min(CASE WHEN urgent = 1 THEN at_ms END) AS urgent, min(at_ms) AS daily
           FROM forgotten WHERE lake = 'due' AND records = 'clean'`,
        )
        .one()
      const times = [
        ...(urgent === null ? [] : [urgent + SETTLE_MS]),
        ...(daily === null ? [] : [daily + DAILY_MS]),
      ]
      return times.length === 0 ? null : Math.min(...times)
    },
    requestPass: () => setNote('requested', true),
    lastPass: () => note<LakeReport & { endedMs: number }>('last'),
    dropEnded(nowMs) {
      sql.exec("DELETE FROM forgotten WHERE until_ms <= ? AND lake = 'clean'", nowMs)
    },
    nextEndMs: () =>
      sql
        .exec<{ end: number | null }>(
          "SELECT min(until_ms) AS end FROM forgotten WHERE lake = 'clean'",
        )
        .one().end,
  }
}
