import { DAY_MS, HOUR_MS, MINUTE_MS } from '../core/duration.ts'
import { hash96 } from '../core/event-hash.ts'
import { DEDUPE_HORIZON_MS } from '../core/event-trust.ts'
import { type DedupeRows, dedupeRows, type KnownKeys, type TimedKey } from './dedupe.ts'
import { hourAt, type MetricCells, metricCells, type OpenCells } from './metric-cells.ts'
import type { CountedDecision, CountedEvent, MetricChanges } from './metric-changes.ts'
import { countAt, type MetricGroup, placeOf } from './metric-counts.ts'
import { type PendingEvents, pendingEvents } from './metric-pending.ts'
import { type RetiredCounts, retiredCounts } from './metric-totals.ts'

/** What one Metrics object keeps, in its SQLite. */
export interface MetricRows {
  readonly cells: MetricCells
  readonly pending: PendingEvents
  readonly retired: RetiredCounts
  /**
   * Counts a batch, each thing once however often it comes, in one transaction or none. Events of unknown
   * decisions are kept if `hold` says so. Answers the indices of those, held or not.
   */
  count(changes: MetricChanges, hold: boolean): number[]
  /** Removes what has lived its time, in one transaction; of cells their sums stay. */
  sweep(nowMs: number): void
  state(): MetricState
}

/** What could not be counted, ever. */
export interface MetricState {
  /** Decisions and events that came when their keys were forgotten. */
  readonly late: number
  /** Events of unknown decisions that there was no room to keep. */
  readonly dropped: number
}

/** How long the counts of an hour are kept. */
const HOURS_KEPT_MS = 92 * DAY_MS
/** Beyond the horizon, for messages that waited in a queue. */
const KEYS_KEPT_MS = DEDUPE_HORIZON_MS + DAY_MS
/** Keys of so many minutes of decisions share rows: a batch reads all of them, and mostly one such span. */
const SPAN_MS = 5 * MINUTE_MS

const SCHEMA = `
CREATE TABLE IF NOT EXISTS metric_state (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
`

/** The rows of one Metrics object. All methods are synchronous. */
export function metricRows(storage: DurableObjectStorage): MetricRows {
  const { sql } = storage
  sql.exec(SCHEMA)
  const cells = metricCells(storage)
  const pending = pendingEvents(storage)
  const retired = retiredCounts(storage)
  const dedupe = dedupeRows(storage)

  function stateOf(name: string): number {
    const rows = sql.exec<{ value: number }>('SELECT value FROM metric_state WHERE name = ?', name)
    return rows.toArray()[0]?.value ?? 0
  }
  const set = (name: string, value: number) =>
    sql.exec('INSERT OR REPLACE INTO metric_state VALUES (?, ?)', name, value)

  return {
    cells,
    pending,
    retired,
    count(changes, hold) {
      return storage.transactionSync(() => {
        const fromSpan = stateOf('keys_from')
        const isTimely = ({ decidedAtMs }: { decidedAtMs: number }) =>
          spanOf(decidedAtMs) >= fromSpan
        const decisions = changes.decisions.filter(isTimely)
        const released =
          decisions.length > 0 ? pending.take(decisions.map(({ decisionId }) => decisionId)) : []
        const events = changes.events.filter(isTimely)
        const all = [...released, ...events]
        const unknown = new Set(counted({ cells, dedupe }, decisions, all))
        const late =
          changes.decisions.length + changes.events.length - decisions.length - events.length
        if (late > 0) set('late', stateOf('late') + late)
        if (hold && unknown.size > 0) {
          const dropped = pending.hold([...unknown])
          if (dropped > 0) set('dropped', stateOf('dropped') + dropped)
        }
        return changes.events.flatMap((event, index) => (unknown.has(event) ? [index] : []))
      })
    },
    sweep(nowMs) {
      storage.transactionSync(() => {
        const keysFromMs = nowMs - KEYS_KEPT_MS
        const fromSpan = Math.max(stateOf('keys_from'), spanOf(keysFromMs))
        dedupe.dropBefore(fromSpan)
        pending.dropBefore(keysFromMs)
        set('keys_from', fromSpan)
        const gone = cells.takeBefore(hourAt(nowMs - HOURS_KEPT_MS))
        if (gone.length > 0) retired.add(gone)
      })
    },
    state: () => ({ late: stateOf('late'), dropped: stateOf('dropped') }),
  }
}

/** The first hour that is still counted, epoch ms of its start. */
export function keptFromMs(nowMs: number): number {
  return (hourAt(nowMs - HOURS_KEPT_MS) + 1) * HOUR_MS
}

function spanOf(timeMs: number): number {
  return Math.floor(timeMs / SPAN_MS)
}

interface Rows {
  readonly cells: MetricCells
  readonly dedupe: DedupeRows
}

/** Counts what is timely and new; the events whose decision nobody knows. */
function counted(
  { cells, dedupe }: Rows,
  decisions: readonly CountedDecision[],
  events: readonly CountedEvent[],
): CountedEvent[] {
  const open = cells.open([...decisions, ...events].map(({ decidedAtMs }) => hourAt(decidedAtMs)))
  const nameOf = (one: CountedDecision | CountedEvent, group: MetricGroup) =>
    open.groupAt(hourAt(one.decidedAtMs), group)
  const keyed = decisions.map((decision) => {
    const name = nameOf(decision, decision)
    return { decision, name, key: timed(decision.decidedAtMs, decisionKey(decision, name)) }
  })
  const named = events.map((event) => ({ event, name: event.group && nameOf(event, event.group) }))
  const known = dedupe.open([
    ...keyed.map(({ key }) => key),
    ...named.flatMap(({ event, name }) => keysOf(open, event, name)),
  ])
  for (const { decision, name, key } of keyed) {
    if (known.has(key)) continue
    known.add(key)
    const counts = open.counts(hourAt(decision.decidedAtMs), name)
    counts.decisions++
    for (let place = 1; place <= decision.served; place++) countAt(counts, 's', placeOf(place))
  }
  const unknown: CountedEvent[] = []
  for (const { event, name } of named) {
    const found = name ?? decidedBy(open, known, event)
    if (found === null) unknown.push(event)
    else countEvent(open, known, event, found)
  }
  open.write()
  known.write()
  return unknown
}

/** All keys that counting an event may ask for. */
function keysOf(open: OpenCells, event: CountedEvent, name: string | null): TimedKey[] {
  const { decidedAtMs, effects, retractionKey } = event
  const keys = effects.flatMap(({ key, placeKeys }) => [key, ...placeKeys])
  if (name === null)
    for (const one of open.groupsAt(hourAt(decidedAtMs))) keys.push(decisionKey(event, one))
  return [retractionKey, ...keys].map((key) => timed(decidedAtMs, key))
}

/** The group that made the decision of an event; null: the decision has not been counted. */
function decidedBy(open: OpenCells, known: KnownKeys, event: CountedEvent): string | null {
  for (const name of open.groupsAt(hourAt(event.decidedAtMs)))
    if (known.has(timed(event.decidedAtMs, decisionKey(event, name)))) return name
  return null
}

/**
 * One event, or one retraction. What an event counts as is known by a key for each, so that in every order
 * a thing is counted once, and taken back where it was counted.
 */
function countEvent(open: OpenCells, known: KnownKeys, event: CountedEvent, name: string): void {
  const { decidedAtMs, effects, retraction } = event
  const hour = hourAt(decidedAtMs)
  const back = timed(decidedAtMs, event.retractionKey)
  const isBack = known.has(back)
  if (retraction && isBack) return
  if (retraction) known.add(back)
  for (const { tally, key, placeKeys } of effects) {
    const once = timed(decidedAtMs, key)
    const isKnown = known.has(once)
    if (retraction) {
      if (!isKnown) continue
      const found = placeKeys.findIndex((placeKey) => known.has(timed(decidedAtMs, placeKey)))
      countAt(open.counts(hour, name), tally, found < 0 ? event.place : found, true)
    } else if (!isKnown) {
      known.add(once)
      for (const placeKey of placeKeys) known.add(timed(decidedAtMs, placeKey))
      if (!isBack) countAt(open.counts(hour, name), tally, event.place)
    }
  }
}

/** A decision is known by the group that made it, which so can be found again. */
function decisionKey({ decisionId }: { readonly decisionId: string }, name: string): string {
  return hash96(`decision ${decisionId} ${encodeURIComponent(name)}`)
}

/** `dedupe` groups keys by a number, whatever it counts. */
function timed(decidedAtMs: number, key: string): TimedKey {
  return { hour: spanOf(decidedAtMs), key }
}
