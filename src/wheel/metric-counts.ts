/** Positions that are told apart: 1 to 100, as many as a page has slots. */
export const POSITIONS = 100
/** The place of what nobody said a position of. */
export const NO_POSITION = 0
/** The place of all positions beyond. */
export const OTHER_POSITION = POSITIONS + 1

/** Who served: the variant, and the model or null where prior weights did. */
export interface MetricGroup {
  readonly variant: string
  readonly model: string | null
}

/** Stands for the variants and models of an hour that there was no room for. */
export const OTHER_GROUP: MetricGroup = { variant: 'other', model: 'other' }

/** What is counted by position: items served, impressions, and each outcome as `o:NAME`. */
export type Tally = 's' | 'i' | `o:${string}`

/** Counts of the decisions that one group made in one hour, and of what came of them. */
export interface Counts {
  decisions: number
  /** By position. What was taken back stands apart, under `-` and the tally's name. */
  readonly tallies: Map<string, number[]>
}

/** The counts of a group in an hour of decisions (epoch ms of its start). */
export interface MetricCell extends MetricGroup {
  readonly hourMs: number
  readonly counts: Counts
}

/** No counts. */
export function noCounts(): Counts {
  return { decisions: 0, tallies: new Map() }
}

/** The place of a position. */
export function placeOf(position: number | null): number {
  if (position === null) return NO_POSITION
  return Number.isInteger(position) && position >= 1 && position <= POSITIONS
    ? position
    : OTHER_POSITION
}

/** Counts one more at a place; `back`: that it was taken back. */
export function countAt({ tallies }: Counts, tally: Tally, place: number, back = false): void {
  const name = back ? `-${tally}` : tally
  let list = tallies.get(name)
  if (!list) {
    list = []
    tallies.set(name, list)
  }
  while (list.length <= place) list.push(0)
  list[place]++
}

/** Adds `more` to `counts`. */
export function addCounts(counts: Counts, more: Counts): void {
  counts.decisions += more.decisions
  for (const [name, list] of more.tallies) {
    const sum = counts.tallies.get(name) ?? []
    for (let place = 0; place < list.length; place++) sum[place] = (sum[place] ?? 0) + list[place]
    counts.tallies.set(name, sum)
  }
}

/** How many were counted, and not taken back; at one place or at all. */
export function netOf(counts: Counts, tally: Tally, place?: number): number {
  return grossOf(counts, tally, place) - takenBackOf(counts, tally, place)
}

/** How many were counted ever. */
export function grossOf({ tallies }: Counts, tally: Tally, place?: number): number {
  return at(tallies.get(tally), place)
}

/** How many of them were taken back. */
export function takenBackOf({ tallies }: Counts, tally: Tally, place?: number): number {
  return at(tallies.get(`-${tally}`), place)
}

/** The names of the outcomes that were counted. */
export function outcomeNames({ tallies }: Counts): string[] {
  return [...tallies.keys()].filter((name) => name.startsWith('o:')).map((name) => name.slice(2))
}

/** Counts as text. */
export function encodeCounts({ decisions, tallies }: Counts): string {
  return JSON.stringify([decisions, Object.fromEntries(tallies)])
}

/** What {@link encodeCounts} wrote. */
export function decodeCounts(text: string): Counts {
  const [decisions, tallies] = JSON.parse(text) as [number, Record<string, number[]>]
  return { decisions, tallies: new Map(Object.entries(tallies)) }
}

function at(list: readonly number[] | undefined, place: number | undefined): number {
  if (!list) return 0
  return place === undefined ? list.reduce((sum, n) => sum + n, 0) : (list[place] ?? 0)
}
