import { timeOfUuidv7 } from '../core/decision-id.ts'

/** What the lake holds parts of. */
export type PartKind = 'decision' | 'outcome' | 'entity'

/** A part's place and what it may hold. */
export interface PartKey {
  readonly key: string
  /** Of decisions and outcomes: the first and last decision id in it; null where no row has one. */
  readonly min: string | null
  readonly max: string | null
}

const HOUR_MS = 3_600_000
const UUID = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}'
const NAME = new RegExp(`/(${UUID})-(${UUID})-[0-9a-f]{32}\\.parquet$`)

/** `events/kind=decision/date=2026-09-21/hour=14/` of a time in epoch ms. Throws for what is no time. */
export function hourPrefix(kind: PartKind, timeMs: number): string {
  const iso = new Date(timeMs).toISOString()
  return `events/kind=${kind}/date=${iso.slice(0, 10)}/hour=${iso.slice(11, 13)}/`
}

/** The start of the hour of a time, epoch ms. */
export function hourOf(timeMs: number): number {
  return Math.floor(timeMs / HOUR_MS) * HOUR_MS
}

/** Hours from that of `fromMs` to that of `toMs`, both included. */
export function hoursBetween(fromMs: number, toMs: number): number[] {
  const hours: number[] = []
  for (let hour = hourOf(fromMs); hour <= toMs; hour += HOUR_MS) hours.push(hour)
  return hours
}

/** The key of a part: the hour its rows arrived in, the first and last of `ids`, and the hash of its bytes. */
export function partKey(
  kind: PartKind,
  hourMs: number,
  ids: readonly string[],
  hash: string,
): string {
  let [min, max] = [ids[0] ?? 'none', ids[0] ?? 'none']
  for (const id of ids) {
    if (id < min) min = id
    if (id > max) max = id
  }
  return `${hourPrefix(kind, hourMs)}${min}-${max}-${hash}.parquet`
}

/** What the name of a part says of the decisions in it. */
export function parsePartKey(key: string): PartKey {
  const [, min = null, max = null] = NAME.exec(key) ?? []
  return { key, min, max }
}

/** Whether a part may hold rows of a decision. */
export function mayHold({ min, max }: PartKey, decisionId: string): boolean {
  return min !== null && max !== null && min <= decisionId && decisionId <= max
}

/** Whether this part, and so all after it in a listing, begins behind a decision. */
export function isBehind({ min }: PartKey, decisionId: string): boolean {
  return min !== null && min > decisionId
}

/** Ids that lead to a part by name are UUIDv7; others stand for no time. */
export function isDecisionId(id: string): boolean {
  return timeOfUuidv7(id) !== null
}
