/** Ids whose events are dropped: people who asked to be forgotten. In the SQLite of the object that owned them. */
export interface Tombstones {
  add(ids: readonly string[], untilMs: number): void
  /** Those of `ids` that are forgotten at a time. */
  among(ids: Iterable<string>, nowMs: number): ReadonlySet<string>
  remove(ids: readonly string[]): void
  dropBefore(timeMs: number): void
  readonly empty: boolean
}

const SCHEMA = `
CREATE TABLE IF NOT EXISTS tombstones (id TEXT PRIMARY KEY, until_ms INTEGER NOT NULL) WITHOUT ROWID;
`

/** The tombstones of one object. */
export function tombstones({ sql }: DurableObjectStorage): Tombstones {
  sql.exec(SCHEMA)
  /** Most objects have none, and need not look. */
  let empty = isEmpty()

  function isEmpty(): boolean {
    return sql.exec('SELECT 1 FROM tombstones LIMIT 1').toArray().length === 0
  }

  return {
    add(ids, untilMs) {
      empty = false
      sql.exec(
        `INSERT INTO tombstones SELECT value, ? FROM json_each(?) WHERE true
         ON CONFLICT (id) DO UPDATE SET until_ms = excluded.until_ms`,
        untilMs,
        JSON.stringify(ids),
      )
    },
    among(ids, nowMs) {
      if (empty) return new Set()
      const rows = sql.exec<{ id: string }>(
        `SELECT id FROM tombstones
         WHERE until_ms > ? AND id IN (SELECT value FROM json_each(?))`,
        nowMs,
        JSON.stringify([...ids]),
      )
      return new Set([...rows].map(({ id }) => id))
    },
    remove(ids) {
      if (empty) return
      sql.exec(
        'DELETE FROM tombstones WHERE id IN (SELECT value FROM json_each(?))',
        JSON.stringify(ids),
      )
    },
    dropBefore(timeMs) {
      sql.exec('DELETE FROM tombstones WHERE until_ms <= ?', timeMs)
      empty = isEmpty()
    },
    get empty() {
      return empty
    },
  }
}
