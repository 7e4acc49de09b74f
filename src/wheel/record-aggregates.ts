import { DAY_MS } from '../core/duration.ts'

/** What is kept of the events of each record, in the SQLite of their owner. Synchronous; no transaction of its own. */
export interface AggregateRows {
  /** What `AggregateSet.encode` wrote, by id; ids without events are left out. */
  read(ids: readonly string[]): Map<string, Uint8Array>
  write(states: ReadonlyMap<string, Uint8Array>, nowMs: number): void
  remove(ids: readonly string[]): void
  /** Those of `ids` that have events. */
  among(ids: readonly string[]): ReadonlySet<string>
  /** How many of `ids` have events and were never pushed. */
  unpushedAmong(ids: readonly string[]): number
  readonly empty: boolean
  /** Every record with events that has a slot, one at a time and in no promised order. */
  eachInSlot(): Iterable<{ readonly slot: number; readonly state: Uint8Array }>
  /** Records that nobody pushed and that had no event since, at most 1,000. */
  idleSince(timeMs: number): string[]
}

/** A parameter has at most 2 MB. */
const MAX_PARAMETER_BYTES = 1_000_000

const SCHEMA = `
CREATE TABLE IF NOT EXISTS aggregates (
  id TEXT PRIMARY KEY,
  state BLOB NOT NULL,
  touched_day INTEGER NOT NULL
) WITHOUT ROWID;
`

/** The rows of one object; see `recordRows` for what is in the table beside it. */
export function aggregateRows(
  { sql }: DurableObjectStorage,
  layout: 'paged' | 'keyed',
): AggregateRows {
  sql.exec(SCHEMA)
  // Events give a keyed record a row without attributes, and a paged one none.
  const pushed = layout === 'keyed' ? "records.fields <> '[]'" : 'records.fields IS NOT NULL'

  function writePart(part: readonly (readonly [string, Uint8Array])[], day: number): void {
    const all = new Uint8Array(part.reduce((sum, [, { length }]) => sum + length, 0))
    let at = 0
    const places = part.map(([id, state]) => {
      all.set(state, at)
      at += state.length
      return [id, at - state.length + 1, state.length]
    })
    // One statement for all: the states are cut out of one value, from byte 1 on as SQLite counts.
    sql.exec(
      `INSERT INTO aggregates (id, state, touched_day)
       SELECT value ->> 0, substr(?2, value ->> 1, value ->> 2), ?3 FROM json_each(?1) WHERE true
       ON CONFLICT (id) DO UPDATE SET state = excluded.state, touched_day = excluded.touched_day`,
      JSON.stringify(places),
      all.buffer,
      day,
    )
  }

  return {
    read(ids) {
      const rows = sql.exec<{ id: string; state: ArrayBuffer }>(
        'SELECT id, state FROM aggregates WHERE id IN (SELECT value FROM json_each(?))',
        JSON.stringify(ids),
      )
      const states = new Map<string, Uint8Array>()
      for (const { id, state } of rows) states.set(id, new Uint8Array(state))
      return states
    },
    write(states, nowMs) {
      const day = Math.floor(nowMs / DAY_MS)
      let part: (readonly [string, Uint8Array])[] = []
      let bytes = 0
      for (const entry of states) {
        const size = entry[0].length + entry[1].length + 20
        if (part.length > 0 && bytes + size > MAX_PARAMETER_BYTES) {
          writePart(part, day)
          part = []
          bytes = 0
        }
        part.push(entry)
        bytes += size
      }
      if (part.length > 0) writePart(part, day)
    },
    remove(ids) {
      sql.exec(
        'DELETE FROM aggregates WHERE id IN (SELECT value FROM json_each(?))',
        JSON.stringify(ids),
      )
    },
    among(ids) {
      const rows = sql.exec<{ id: string }>(
        'SELECT id FROM aggregates WHERE id IN (SELECT value FROM json_each(?))',
        JSON.stringify(ids),
      )
      return new Set([...rows].map(({ id }) => id))
    },
    unpushedAmong(ids) {
      const rows = sql.exec<{ n: number }>(
        `SELECT count(*) AS n FROM aggregates LEFT JOIN records USING (id)
         WHERE aggregates.id IN (SELECT value FROM json_each(?)) AND NOT coalesce(${pushed}, 0)`,
        JSON.stringify(ids),
      )
      return rows.one().n
    },
    get empty() {
      return sql.exec('SELECT 1 FROM aggregates LIMIT 1').toArray().length === 0
    },
    *eachInSlot() {
      const rows = sql.exec<{ slot: number; state: ArrayBuffer }>(
        `SELECT records.slot, aggregates.state FROM aggregates JOIN records USING (id)
         WHERE records.fields IS NOT NULL`,
      )
      for (const { slot, state } of rows) yield { slot, state: new Uint8Array(state) }
    },
    idleSince(timeMs) {
      const rows = sql.exec<{ id: string }>(
        `SELECT aggregates.id FROM aggregates LEFT JOIN records USING (id)
         WHERE touched_day < ? AND NOT coalesce(${pushed}, 0) LIMIT 1000`,
        Math.floor(timeMs / DAY_MS),
      )
      return [...rows].map(({ id }) => id)
    },
  }
}
