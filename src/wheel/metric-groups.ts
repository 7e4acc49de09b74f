import {
  addCounts,
  type Counts,
  type MetricCell,
  NO_POSITION,
  netOf,
  noCounts,
  OTHER_GROUP,
  OTHER_POSITION,
  outcomeNames,
} from './metric-counts.ts'

/** What counts may be told apart by. */
export const METRIC_AXES = ['variant', 'model', 'position', 'hour'] as const
export type MetricAxis = (typeof METRIC_AXES)[number]

/** Which decisions to count, and how to tell them apart; null: not at all. */
export interface MetricQuery {
  /** The start of an hour, epoch ms. */
  readonly fromMs: number
  /** Exclusive; the start of an hour. */
  readonly toMs: number
  readonly by: MetricAxis | null
}

/** Counts of the decisions that have one key. */
export interface MetricLine {
  /** A variant, a model (null: prior weights), a position (null: nobody said), the start of an hour; or `other`. */
  readonly key: string | number | null
  /** At a position: decisions that served something there. */
  readonly decisions: number
  readonly served: number
  readonly impressions: number
  /** By name. */
  readonly outcomes: Readonly<Record<string, number>>
}

/** The counts of a query: by key, and of all decisions together. */
export interface MetricLines {
  readonly groups: readonly MetricLine[]
  readonly total: Omit<MetricLine, 'key'>
}

/** The most variants or models of an answer; those with the fewest decisions are one, `other`. */
export const MAX_GROUPS = 100

/** Adds cells up. Hours and positions are in their order, variants and models by their decisions. */
export function linesOf(cells: Iterable<MetricCell>, by: MetricAxis | null): MetricLines {
  const all = noCounts()
  const groups = new Map<string | number | null, Counts>()
  for (const cell of cells) {
    addCounts(all, cell.counts)
    if (by === null || by === 'position') continue
    const key = by === 'hour' ? cell.hourMs : cell[by]
    const counts = groups.get(key) ?? noCounts()
    addCounts(counts, cell.counts)
    groups.set(key, counts)
  }
  const { key: _, ...total } = lineOf(null, all)
  if (by === 'position') return { groups: positionsOf(all), total }
  if (by === 'hour')
    return { groups: [...groups].map(([key, counts]) => lineOf(key, counts)), total }
  return { groups: largest(groups).map(([key, counts]) => lineOf(key, counts)), total }
}

function largest(groups: Map<string | number | null, Counts>) {
  const sorted = [...groups].sort(([, a], [, b]) => b.decisions - a.decisions)
  if (sorted.length <= MAX_GROUPS) return sorted
  const other = groups.get(OTHER_GROUP.variant) ?? noCounts()
  const named = sorted.filter(([key]) => key !== OTHER_GROUP.variant)
  for (const [, counts] of named.slice(MAX_GROUPS)) addCounts(other, counts)
  const kept: typeof sorted = named.slice(0, MAX_GROUPS)
  return [...kept, [OTHER_GROUP.variant, other] as const]
}

function positionsOf(counts: Counts): MetricLine[] {
  const lines: MetricLine[] = []
  for (let place = 1; place <= OTHER_POSITION; place++) {
    const line = lineOf(place === OTHER_POSITION ? 'other' : place, counts, place)
    if (isFilled(line)) lines.push(line)
  }
  const unsaid = lineOf(null, counts, NO_POSITION)
  return isFilled(unsaid) ? [...lines, unsaid] : lines
}

function isFilled({ served, impressions, outcomes }: MetricLine): boolean {
  return served + impressions > 0 || Object.values(outcomes).some((n) => n > 0)
}

function lineOf(key: MetricLine['key'], counts: Counts, place?: number): MetricLine {
  const served = netOf(counts, 's', place)
  return {
    key,
    decisions: place === undefined ? counts.decisions : served,
    served,
    impressions: netOf(counts, 'i', place),
    outcomes: Object.fromEntries(
      outcomeNames(counts)
        .sort()
        .map((name) => [name, netOf(counts, `o:${name}`, place)]),
    ),
  }
}
