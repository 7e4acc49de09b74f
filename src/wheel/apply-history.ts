import type { Entity } from '../core/entity.ts'
import type { OutcomeEvent } from '../core/event-envelope.ts'
import { changesOf } from './apply-changes.ts'
import type { ReplayPart } from './apply-rows.ts'
import { textsFor } from './apply-texts.ts'
import { writeRows } from './lake.ts'
import { hourOf } from './lake-key.ts'
import { outcomeRow } from './lake-outcome.ts'
import type { Runtime } from './runtime.ts'

/** An event of a history, and its place there. */
export interface HistoryEvent {
  readonly sequence: number
  readonly event: OutcomeEvent
}

/** How far a history has come: everything before `next` is applied. `lacking`: a part before this one is not. */
export interface HistoryReport {
  readonly next: number
  readonly lacking: boolean
}

type HistoryRuntime = Pick<
  Runtime,
  'entities' | 'events' | 'owners' | 'eventOwners' | 'tables' | 'lake'
>

/**
 * Applies a part of a history, in its order and each event once, however often it is brought: to the lake,
 * then to the owners of records, past the queue. When it resolves, all of it is durable; where it rejects,
 * bring it again.
 */
export async function applyHistory(
  runtime: HistoryRuntime,
  part: ReplayPart,
  history: readonly HistoryEvent[],
): Promise<HistoryReport> {
  const next = await historyNext(runtime, part.replay)
  if (next >= part.to || part.from > next) return { next, lacking: part.from > next }
  const fresh = history.filter(({ sequence }) => sequence >= next)
  const events = fresh.map(({ event }) => event)
  // Before the marks move: what is marked is not written again.
  await keep(runtime.lake, events)
  const changes = changesOf(
    runtime,
    events,
    await textsFor(runtime, events),
    fresh.map(({ sequence }) => sequence),
  )
  const report = await runtime.eventOwners.replay(part, changes, counting(runtime))
  // Somebody else was here in between.
  if (report === null) return { next: await historyNext(runtime, part.replay), lacking: true }
  return { next: part.to, lacking: false }
}

/** The number of the next event of a history that has not been applied everywhere. */
export function historyNext(
  runtime: Pick<HistoryRuntime, 'entities' | 'eventOwners'>,
  replay: string,
): Promise<number> {
  return runtime.eventOwners.replayed(replay, counting(runtime))
}

/** Those who keep the marks: owners of all that counts events, or of everything where nothing does. */
function counting({ entities }: { readonly entities: ReadonlyMap<string, Entity> }): string[] {
  const all = [...entities.values()]
  const some = all.filter(({ aggregates }) => aggregates.size > 0)
  return (some.length > 0 ? some : all).map(({ name }) => name)
}

async function keep(lake: R2Bucket, events: readonly OutcomeEvent[]): Promise<void> {
  const hours = Map.groupBy(events, ({ receivedMs }) => hourOf(receivedMs))
  for (const [hourMs, list] of hours) await writeRows(lake, 'outcome', hourMs, list.map(outcomeRow))
}
