import { groupName, groupOf, hourAt } from './metric-cells.ts'
import {
  addCounts,
  type Counts,
  decodeCounts,
  encodeCounts,
  grossOf,
  type MetricCell,
  type MetricGroup,
  noCounts,
  outcomeNames,
  takenBackOf,
} from './metric-counts.ts'

/** All that one group ever counted. What was taken back stands apart, so that no number ever falls. */
export interface MetricTotal extends MetricGroup {
  readonly decisions: number
  readonly served: number
  readonly impressions: number
  readonly impressionsTakenBack: number
  readonly outcomes: readonly {
    readonly name: string
    readonly counted: number
    readonly takenBack: number
  }[]
}

/** The groups whose totals are told: those that decided last. */
export const GROUPS_TOLD = 32

/** The counts of hours that are gone, by group. */
export interface RetiredCounts {
  add(cells: readonly MetricCell[]): void
  all(): MetricCell[]
}

const SCHEMA = `
CREATE TABLE IF NOT EXISTS retired (
  name TEXT PRIMARY KEY, hour INTEGER NOT NULL, counts TEXT NOT NULL
) WITHOUT ROWID;
`

/** In the SQLite of one object; of groups that were gone first only the last 256 are kept. */
export function retiredCounts({ sql }: DurableObjectStorage): RetiredCounts {
  sql.exec(SCHEMA)
  type RetiredRow = { name: string; hour: number; counts: string }
  const all = () =>
    [...sql.exec<RetiredRow>('SELECT * FROM retired')].map(({ name, hour, counts }) => ({
      ...groupOf(name),
      hourMs: hour * 3_600_000,
      counts: decodeCounts(counts),
    }))
  return {
    all,
    add(cells) {
      for (const { variant, model, hourMs, counts } of summed([...all(), ...cells]))
        sql.exec(
          'INSERT OR REPLACE INTO retired VALUES (?, ?, ?)',
          groupName({ variant, model }),
          hourAt(hourMs),
          encodeCounts(counts),
        )
      sql.exec(
        'DELETE FROM retired WHERE name NOT IN (SELECT name FROM retired ORDER BY hour DESC LIMIT 256)',
      )
    },
  }
}

/** The totals of the groups that decided last, the last one first. */
export function totalsOf(cells: Iterable<MetricCell>): MetricTotal[] {
  return summed(cells)
    .sort((a, b) => b.hourMs - a.hourMs || (groupName(a) < groupName(b) ? -1 : 1))
    .slice(0, GROUPS_TOLD)
    .map(({ variant, model, counts }) => ({
      ...{ variant, model, decisions: counts.decisions },
      served: grossOf(counts, 's'),
      impressions: grossOf(counts, 'i'),
      impressionsTakenBack: takenBackOf(counts, 'i'),
      outcomes: outcomeNames(counts)
        .sort()
        .map((name) => ({
          name,
          counted: grossOf(counts, `o:${name}`),
          takenBack: takenBackOf(counts, `o:${name}`),
        })),
    }))
}

/** One cell a group, of its last hour. */
function summed(cells: Iterable<MetricCell>): MetricCell[] {
  const groups = new Map<string, { hourMs: number; counts: Counts }>()
  for (const cell of cells) {
    const name = groupName(cell)
    const known = groups.get(name) ?? { hourMs: 0, counts: noCounts() }
    groups.set(name, known)
    known.hourMs = Math.max(known.hourMs, cell.hourMs)
    addCounts(known.counts, cell.counts)
  }
  return [...groups].map(([name, known]) => ({ ...groupOf(name), ...known }))
}
