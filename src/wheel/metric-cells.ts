import { HOUR_MS } from '../core/duration.ts'
import {
  type Counts,
  decodeCounts,
  encodeCounts,
  type MetricCell,
  type MetricGroup,
  OTHER_GROUP,
} from './metric-counts.ts'

/** The groups of one hour that are told apart; those that come later are counted as one, `other`. */
export const GROUPS_PER_HOUR = 16

/** The cells of one object, in its SQLite: a row for each hour and group, positions packed. */
export interface MetricCells {
  /** The cells of hours of decisions, to be counted into. */
  open(hours: Iterable<number>): OpenCells
  /** Cells of `[fromHour, toHour)`, oldest first. */
  between(fromHour: number, toHour: number): Iterable<MetricCell>
  /** Removes all cells before an hour, and hands them out. */
  takeBefore(hour: number): MetricCell[]
  readonly empty: boolean
}

/** Cells in memory, to be written in one transaction. */
export interface OpenCells {
  /** The name under which a group is counted in an hour: its own, or `other` where there is no room. */
  groupAt(hour: number, group: MetricGroup): string
  /** The names of all groups of an hour. */
  groupsAt(hour: number): Iterable<string>
  counts(hour: number, name: string): Counts
  /** Writes the cells that were counted into. */
  write(): void
}

/** The hour of a time. */
export function hourAt(timeMs: number): number {
  return Math.floor(timeMs / HOUR_MS)
}

/** A group as one text. */
export function groupName({ variant, model }: MetricGroup): string {
  return JSON.stringify([variant, model])
}

/** The group of a name. */
export function groupOf(name: string): MetricGroup {
  const [variant, model] = JSON.parse(name) as [string, string | null]
  return { variant, model }
}

const OTHER = groupName(OTHER_GROUP)

const SCHEMA = `
CREATE TABLE IF NOT EXISTS cells (
  hour INTEGER NOT NULL,
  name TEXT NOT NULL,
  counts TEXT NOT NULL,
  PRIMARY KEY (hour, name)
) WITHOUT ROWID;
`

type CellRow = { hour: number; name: string; counts: string }

/** The cells in the SQLite of one object. Synchronous; no transaction of its own. */
export function metricCells({ sql }: DurableObjectStorage): MetricCells {
  sql.exec(SCHEMA)
  return {
    open: (hours) => opened(sql, hours),
    *between(fromHour, toHour) {
      const rows = sql.exec<CellRow>(
        'SELECT * FROM cells WHERE hour >= ? AND hour < ? ORDER BY hour, name',
        fromHour,
        toHour,
      )
      for (const row of rows) yield cellOf(row)
    },
    takeBefore(hour) {
      const rows = sql.exec<CellRow>('SELECT * FROM cells WHERE hour < ?', hour).toArray()
      if (rows.length > 0) sql.exec('DELETE FROM cells WHERE hour < ?', hour)
      return rows.map(cellOf)
    },
    get empty() {
      return sql.exec('SELECT 1 FROM cells LIMIT 1').toArray().length === 0
    },
  }
}

function cellOf({ hour, name, counts }: CellRow): MetricCell {
  return { ...groupOf(name), hourMs: hour * HOUR_MS, counts: decodeCounts(counts) }
}

function opened(sql: SqlStorage, hours: Iterable<number>): OpenCells {
  const loaded = new Map<number, Map<string, Counts>>()
  const changed = new Map<number, Set<string>>()
  for (const hour of hours) {
    if (loaded.has(hour)) continue
    const groups = new Map<string, Counts>()
    for (const row of sql.exec<CellRow>('SELECT * FROM cells WHERE hour = ?', hour))
      groups.set(row.name, decodeCounts(row.counts))
    loaded.set(hour, groups)
  }
  const at = (hour: number) => loaded.get(hour) as Map<string, Counts>

  return {
    groupAt(hour, group) {
      const groups = at(hour)
      const own = groupName(group)
      const name = groups.has(own) || groups.size < GROUPS_PER_HOUR ? own : OTHER
      if (!groups.has(name)) groups.set(name, { decisions: 0, tallies: new Map() })
      return name
    },
    groupsAt: (hour) => at(hour).keys(),
    counts(hour, name) {
      const names = changed.get(hour) ?? new Set()
      changed.set(hour, names.add(name))
      return at(hour).get(name) as Counts
    },
    write() {
      for (const [hour, names] of changed)
        for (const name of names)
          sql.exec(
            'INSERT OR REPLACE INTO cells VALUES (?, ?, ?)',
            hour,
            name,
            encodeCounts(at(hour).get(name) as Counts),
          )
      changed.clear()
    },
  }
}
