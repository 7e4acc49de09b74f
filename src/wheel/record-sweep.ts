import { DAY_MS, HOUR_MS, MINUTE_MS } from '../core/duration.ts'
import type { Entity } from '../core/entity.ts'
import { DEDUPE_HORIZON_MS } from '../core/event-trust.ts'
import { type DedupeRows, hourOfKey } from './dedupe.ts'
import type { AggregateRows } from './record-aggregates.ts'
import type { RecordRows } from './record-rows.ts'
import type { OwnerStateRow } from './record-state.ts'
import type { Tombstones } from './record-tombstones.ts'

/** The rows that have a lifetime. */
export interface SweepRows {
  readonly entity: Entity
  readonly state: OwnerStateRow
  readonly records: RecordRows
  readonly aggregates: AggregateRows
  readonly dedupe: DedupeRows
  readonly tombstones: Tombstones
}

const SWEEP_EVERY_MS = 6 * HOUR_MS
/** Beyond the horizon, for messages that waited in a queue. */
const KEYS_GRACE_MS = DAY_MS
/** How long the events of an id that nobody pushes are kept: on a page nobody reads them until it is pushed. */
const IDLE_MS = { paged: 30 * DAY_MS, keyed: 400 * DAY_MS } as const
/** As many as `idleSince` finds: there may be more. */
const IDLE_BATCH = 1_000

/** Removes what has lived its time, in one transaction: keys of events, tombstones, records of ids nobody pushed. */
export function sweep(rows: SweepRows, nowMs: number): void {
  const { entity, state, aggregates, dedupe, tombstones } = rows
  state.transaction(() => {
    const { keysFromHour } = state.get()
    const fromHour = hourOfKey(nowMs - DEDUPE_HORIZON_MS - KEYS_GRACE_MS)
    dedupe.dropBefore(fromHour)
    tombstones.dropBefore(nowMs)
    const idle = aggregates.idleSince(nowMs - IDLE_MS[entity.layout])
    removeRecords(rows, idle)
    const { unpushed } = state.get()
    const left = unpushed > 0 || !dedupe.empty || !tombstones.empty
    const again = idle.length >= IDLE_BATCH ? MINUTE_MS : SWEEP_EVERY_MS
    state.set({
      keysFromHour: Math.max(keysFromHour, fromHour),
      sweepAtMs: left ? nowMs + again : null,
    })
  })
}

/** Sees to it that there is a sweep to come. */
export function expectSweep({ state }: Pick<SweepRows, 'state'>, nowMs: number): void {
  if (state.get().sweepAtMs === null) state.set({ sweepAtMs: nowMs + SWEEP_EVERY_MS })
}

/** Removes records with all that events left of them; whether there was one. */
export function removeRecords(
  { state, records, aggregates }: Pick<SweepRows, 'state' | 'records' | 'aggregates'>,
  ids: readonly string[],
): boolean {
  if (ids.length === 0) return false
  return state.transaction(() => {
    const counted = aggregates.unpushedAmong(ids)
    const hadEvents = aggregates.among(ids).size > 0
    aggregates.remove(ids)
    const removed = ids.filter((id) => records.remove(id))
    if (counted > 0) state.set({ unpushed: state.get().unpushed - counted })
    return hadEvents || removed.length > 0
  })
}
