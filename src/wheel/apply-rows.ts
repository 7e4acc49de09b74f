import type { RecordAggregates } from '../core/aggregate/set.ts'
import type { Entity } from '../core/entity.ts'
import type { RecordChange } from './apply-changes.ts'
import { type DedupeRows, hourOfKey } from './dedupe.ts'
import type { AggregateRows } from './record-aggregates.ts'
import type { RecordRows } from './record-rows.ts'
import type { OwnerStateRow } from './record-state.ts'
import type { Tombstones } from './record-tombstones.ts'
import type { ReplayLedger } from './replay-ledger.ts'

/** What became of changes. */
export interface ApplyReport {
  readonly applied: number
  /** Known already: nothing changed. */
  readonly repeated: number
  /** So old that their keys are forgotten: whether they came before, nobody knows, and nothing changed. */
  readonly late: number
  /** Changes of single records that there was no room for. */
  readonly dropped: number
}

/** The rows of the object that applies changes. */
export interface ApplyRows {
  readonly entity: Entity
  readonly state: OwnerStateRow
  readonly records: RecordRows
  readonly aggregates: AggregateRows
  readonly dedupe: DedupeRows
  readonly tombstones: Tombstones
  readonly ledger: ReplayLedger
  /** The most records that events alone make. */
  readonly maxUnpushed: number
}

/** A part of a history: all of its events from `from` up to `to`, exclusive. */
export interface ReplayPart {
  readonly replay: string
  readonly from: number
  readonly to: number
}

/** What a change does to the aggregates of its records. */
type Deed = 'count' | 'count_retracted' | 'retract'

interface Due {
  readonly change: RecordChange
  readonly deed: Deed
}

/** Applies changes and keeps their keys, all in one transaction or none: each counts once, in any order. */
export function applyChanges(
  rows: ApplyRows,
  changes: readonly RecordChange[],
  nowMs: number,
): ApplyReport {
  return rows.state.transaction(() => {
    const { keysFromHour } = rows.state.get()
    const timed = changes.filter(({ keyTimeMs }) => hourOfKey(keyTimeMs) >= keysFromHour)
    const known = rows.dedupe.open(timed.flatMap(keysOf))
    const due: Due[] = []
    for (const change of timed) {
      const [key, back] = keysOf(change)
      if (known.has(change.retraction ? back : key)) continue
      known.add(change.retraction ? back : key)
      if (!change.retraction)
        due.push({ change, deed: known.has(back) ? 'count_retracted' : 'count' })
      else if (known.has(key)) due.push({ change, deed: 'retract' })
      else due.push({ change: { ...change, ids: [] }, deed: 'retract' })
    }
    known.write()
    const late = changes.length - timed.length
    const dropped = change(rows, due, nowMs)
    count(rows, late, dropped)
    return { applied: due.length, repeated: timed.length - due.length, late, dropped }
  })
}

/**
 * Applies a part of a history and marks how far it has come, in one transaction: what is below the mark is
 * left out. Null, and nothing changes, where a part before it is lacking.
 */
export function replayChanges(
  rows: ApplyRows,
  { replay, from, to }: ReplayPart,
  changes: readonly RecordChange[],
  nowMs: number,
): ApplyReport | null {
  return rows.state.transaction(() => {
    const next = rows.ledger.next(replay)
    if (from > next) return null
    const fresh = changes.filter(({ sequence }) => sequence >= next)
    const due = fresh.map(
      (change): Due => ({ change, deed: change.retraction ? 'retract' : 'count' }),
    )
    const dropped = change(rows, due, nowMs)
    if (to > next) rows.ledger.advance(replay, to)
    count(rows, 0, dropped)
    return { applied: due.length, repeated: changes.length - due.length, late: 0, dropped }
  })
}

function keysOf({ keyTimeMs, key, retractionKey }: RecordChange) {
  const hour = hourOfKey(keyTimeMs)
  return [
    { hour, key },
    { hour, key: retractionKey },
  ] as const
}

/** Works due changes into the records; how many found no room. */
function change(rows: ApplyRows, due: readonly Due[], nowMs: number): number {
  const { entity, aggregates } = rows
  const set = entity.aggregates
  const room = roomFor(rows, due, nowMs)
  const kept = new Map<string, RecordAggregates>()
  for (const [id, bytes] of aggregates.read([...room.ids])) kept.set(id, set.decode(bytes))
  const changed = new Set<string>()
  const loud = new Set<string>()
  for (const { change, deed } of due)
    for (const id of change.ids) {
      if (!room.ids.has(id)) continue
      const record = kept.get(id) ?? set.create()
      const taken =
        deed === 'retract'
          ? set.retract(record, change.event)
          : set.apply(record, change.event, deed === 'count_retracted')
      if (!taken) continue
      kept.set(id, record)
      changed.add(id)
      if (!change.quiet) loud.add(id)
    }
  if (changed.size === 0) return room.dropped
  const states = new Map<string, Uint8Array>()
  for (const id of changed) {
    const record = kept.get(id) as RecordAggregates
    set.prune(record, nowMs)
    states.set(id, set.encode(record))
  }
  aggregates.write(states, nowMs)
  tellReaders(rows, changed, loud)
  const made = [...changed].filter((id) => room.fresh.has(id)).length
  if (made > 0 && !givesSlots(entity))
    rows.state.set({ unpushed: rows.state.get().unpushed + made })
  return room.dropped
}

/** Nobody pushes pairs: on a page, events alone give them a slot, which is never taken back. */
function givesSlots({ layout, parts }: Entity): boolean {
  return layout === 'paged' && parts !== null
}

function tellReaders(
  { entity, records, state }: ApplyRows,
  changed: ReadonlySet<string>,
  loud: ReadonlySet<string>,
): void {
  if (entity.layout === 'keyed') {
    if (loud.size > 0) records.touch([...loud])
    return
  }
  if (givesSlots(entity)) {
    const live = records.live([...changed])
    const fresh = [...changed].filter((id) => !live.has(id))
    if (fresh.length > 0) records.addSlots(fresh)
  }
  state.set({ aggregatesRevision: state.get().aggregatesRevision + 1 })
}

interface Room {
  /** The ids whose events are counted. */
  readonly ids: ReadonlySet<string>
  /** Those of them that nobody pushed and that had no event yet. */
  readonly fresh: ReadonlySet<string>
  readonly dropped: number
}

/** Leaves out who is forgotten, and of ids that nobody pushed those that there is no room for. */
function roomFor(rows: ApplyRows, due: readonly Due[], nowMs: number): Room {
  const { entity, state, records, aggregates, maxUnpushed } = rows
  const ids = remembered(rows, due, nowMs)
  const live = records.live([...ids])
  const strangers = [...ids].filter((id) => !live.has(id))
  if (strangers.length === 0) return { ids, fresh: new Set(), dropped: 0 }
  const there = aggregates.among(strangers)
  const fresh = strangers.filter((id) => !there.has(id))
  const { slots, unpushed } = state.get()
  const used = givesSlots(entity) ? slots : unpushed
  const room = Math.max(0, maxUnpushed - used)
  for (const id of fresh.slice(room)) ids.delete(id)
  return { ids, fresh: new Set(fresh.slice(0, room)), dropped: Math.max(0, fresh.length - room) }
}

function remembered(
  { entity: { parts }, tombstones }: ApplyRows,
  due: readonly Due[],
  nowMs: number,
): Set<string> {
  const ids = new Set(due.flatMap(({ change }) => change.ids))
  if (tombstones.empty) return ids
  // A pair goes with each of the two whom it is about.
  const about = ({ event: { user, item } }: RecordChange, id: string) =>
    parts === null ? [id] : [user, item].filter((one) => one !== null)
  const all = due.flatMap(({ change }) => change.ids.flatMap((id) => about(change, id)))
  const forgotten = tombstones.among(new Set(all), nowMs)
  for (const { change } of due)
    for (const id of change.ids)
      if (about(change, id).some((one) => forgotten.has(one))) ids.delete(id)
  return ids
}

function count({ state }: ApplyRows, late: number, dropped: number): void {
  const before = state.get()
  if (late + dropped > 0) state.set({ late: before.late + late, dropped: before.dropped + dropped })
}
