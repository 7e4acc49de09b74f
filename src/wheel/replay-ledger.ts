/** How far each replay of a history has come in one object, in its SQLite. */
export interface ReplayLedger {
  /** The number of the next event that has not been applied; 0 for replays nobody knows. */
  next(replay: string): number
  /** To be called in the transaction of the changes that the mark stands for. Throws beyond 1,000 replays. */
  advance(replay: string, next: number): void
  all(): ReadonlyMap<string, number>
}

/** Marks are kept for ever: without its mark, a replay that is run again would count again. */
const MAX_REPLAYS = 1_000

const SCHEMA = `
CREATE TABLE IF NOT EXISTS replays (name TEXT PRIMARY KEY, next INTEGER NOT NULL) WITHOUT ROWID;
`

/** The ledger of one object. */
export function replayLedger({ sql }: DurableObjectStorage): ReplayLedger {
  sql.exec(SCHEMA)
  const rows = () => sql.exec<{ name: string; next: number }>('SELECT name, next FROM replays')
  return {
    next(replay) {
      const found = sql.exec<{ next: number }>('SELECT next FROM replays WHERE name = ?', replay)
      return found.toArray()[0]?.next ?? 0
    },
    advance(replay, next) {
      const { n } = sql
        .exec<{ n: number }>('SELECT count(*) AS n FROM replays WHERE name <> ?', replay)
        .one()
      if (n >= MAX_REPLAYS)
        throw new RangeError(`replay ${replay}: there are ${n} already, at most ${MAX_REPLAYS}`)
      sql.exec(
        `INSERT INTO replays VALUES (?, ?)
         ON CONFLICT (name) DO UPDATE SET next = max(next, excluded.next)`,
        replay,
        next,
      )
    },
    all: () => new Map([...rows()].map(({ name, next }) => [name, next])),
  }
}
