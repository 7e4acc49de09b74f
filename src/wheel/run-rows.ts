/** How far long work has come, and what came of it. */
export interface Run {
  readonly state: 'running' | 'done' | 'failed'
  /** 0 to 1. */
  readonly progress: number
  /** What the work says of itself; it may grow while it runs, and after. */
  readonly report: unknown
  /** Why it failed. */
  readonly error: string | null
}

/** A run that was begun, by its kind (`forget`, …). */
export interface NewRun {
  readonly id: string
  readonly kind: string
}

/** The runs of one object, in its SQLite. Synchronous. */
export interface RunRows {
  /** Begins a run; a second time changes nothing. */
  add(run: NewRun, nowMs: number): void
  /** Changes what is given; false where there is no such run (any more). */
  change(id: string, change: Partial<Run>, nowMs: number): boolean
  read(id: string): Run | null
  /** Forgets runs of which nothing was heard since a time; whether some are left. */
  dropBefore(timeMs: number): boolean
}

/** The most runs that are kept; those of which least was heard go first. */
export const MAX_RUNS = 10_000

const SCHEMA = `
CREATE TABLE IF NOT EXISTS runs (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  run TEXT NOT NULL,
  touched_ms INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS runs_touched ON runs (touched_ms);
`

const BEGUN: Run = { state: 'running', progress: 0, report: null, error: null }

/** The rows in `storage`. */
export function runRows(storage: DurableObjectStorage, maxRuns = MAX_RUNS): RunRows {
  const { sql } = storage
  sql.exec(SCHEMA)

  function read(id: string): Run | null {
    const [row] = sql.exec<{ run: string }>('SELECT run FROM runs WHERE id = ?', id).toArray()
    return row ? (JSON.parse(row.run) as Run) : null
  }

  return {
    read,
    add({ id, kind }, nowMs) {
      storage.transactionSync(() => {
        const run = JSON.stringify(BEGUN)
        sql.exec('INSERT OR IGNORE INTO runs VALUES (?, ?, ?, ?)', id, kind, run, nowMs)
        sql.exec(
          `DELETE FROM runs WHERE id IN (
             SELECT id FROM runs ORDER BY touched_ms DESC LIMIT -1 OFFSET ?)`,
          maxRuns,
        )
      })
    },
    change(id, change, nowMs) {
      const run = read(id)
      if (run === null) return false
      const changed = JSON.stringify({ ...run, ...change })
      sql.exec('UPDATE runs SET run = ?, touched_ms = ? WHERE id = ?', changed, nowMs, id)
      return true
    },
    dropBefore(timeMs) {
      sql.exec('DELETE FROM runs WHERE touched_ms < ?', timeMs)
      return sql.exec('SELECT 1 FROM runs LIMIT 1').toArray().length > 0
    },
  }
}
