import type { CountedEvent } from './metric-changes.ts'

/** Events of decisions that have not been seen yet, in the SQLite of one object. */
export interface PendingEvents {
  /** Keeps events until their decision comes; how many there was no room for. */
  hold(events: readonly CountedEvent[]): number
  /** The events that waited for these decisions; they wait no longer. */
  take(decisionIds: readonly string[]): CountedEvent[]
  /** Forgets those of decisions before a time. */
  dropBefore(timeMs: number): void
  readonly count: number
}

/** An event of a decision that never comes waits for days: so many, and no more. */
export const MAX_PENDING = 10_000

const SCHEMA = `
CREATE TABLE IF NOT EXISTS pending (
  decision TEXT NOT NULL,
  event TEXT NOT NULL,
  PRIMARY KEY (decision, event)
) WITHOUT ROWID;
`

/** The events of one object that wait. Synchronous; no transaction of its own. */
export function pendingEvents({ sql }: DurableObjectStorage): PendingEvents {
  sql.exec(SCHEMA)
  const count = () => sql.exec<{ n: number }>('SELECT count(*) AS n FROM pending').one().n
  return {
    hold(events) {
      const room = Math.max(0, MAX_PENDING - count())
      for (const event of events.slice(0, room))
        sql.exec(
          'INSERT OR IGNORE INTO pending VALUES (?, ?)',
          event.decisionId,
          JSON.stringify(event),
        )
      return Math.max(0, events.length - room)
    },
    take(decisionIds) {
      // Mostly none waits at all.
      if (sql.exec('SELECT 1 FROM pending LIMIT 1').toArray().length === 0) return []
      const ids = JSON.stringify(decisionIds)
      const these = 'decision IN (SELECT value FROM json_each(?))'
      const rows = sql
        .exec<{ event: string }>(`SELECT event FROM pending WHERE ${these}`, ids)
        .toArray()
      if (rows.length > 0) sql.exec(`DELETE FROM pending WHERE ${these}`, ids)
      return rows.map(({ event }) => JSON.parse(event) as CountedEvent)
    },
    dropBefore(timeMs) {
      // The id of a decision begins with its time.
      const hex = Math.max(0, Math.floor(timeMs)).toString(16).padStart(12, '0')
      sql.exec('DELETE FROM pending WHERE decision < ?', `${hex.slice(0, 8)}-${hex.slice(8)}`)
    },
    get count() {
      return count()
    },
  }
}
