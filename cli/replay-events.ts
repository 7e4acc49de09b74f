import type { AdminClient } from './client.ts'

/** An event as `POST /v1/replays/{name}` takes it. */
export interface ReplayEvent {
  readonly id: string
  readonly type: string
  readonly item?: string
  readonly user?: string
  readonly value?: number
  readonly timestamp?: number | string
  readonly [more: string]: unknown
}

/** An event that was not taken, with its place in the whole history. */
export interface RejectedEvent {
  readonly index: number
  readonly id: string | null
  readonly code: string
  readonly path: string
  readonly message: string
}

/** What became of a replay. */
export interface ReplayReport {
  /** Events of the history, each once. */
  readonly events: number
  /** Of these, how many had been replayed before. */
  readonly before: number
  readonly accepted: number
  readonly rejected: readonly RejectedEvent[]
}

interface ReplayAnswer {
  readonly next: number
  readonly accepted: number
  readonly rejected: readonly RejectedEvent[]
}

/** The most events of one call, and the most bytes of events in it: under the body's cap of 1 MB. */
const BATCH_EVENTS = 5_000
const BATCH_BYTES = 950_000

/**
 * Sends a history in order, from where an earlier run of that name stopped; run to its end, another run
 * changes nothing. An event that stands there twice is sent once. `onBatch` hears how many more events are
 * behind it. Throws `RefusedError` where the Worker refuses; then run it again.
 */
export async function replayEvents(
  client: AdminClient,
  name: string,
  history: Iterable<ReplayEvent> | AsyncIterable<ReplayEvent>,
  onBatch: (events: number) => void = () => {},
): Promise<ReplayReport> {
  const path = `/v1/replays/${encodeURIComponent(name)}`
  const { next: before } = await client.call<{ next: number }>('GET', path)
  let accepted = 0
  let at = 0
  const rejected: RejectedEvent[] = []
  for await (const { from, events } of batches(history)) {
    at = from + events.length
    if (at > before) {
      const answer = await client.call<ReplayAnswer>('POST', path, { from, events })
      accepted += answer.accepted
      rejected.push(...answer.rejected.map((one) => ({ ...one, index: one.index + from })))
    }
    onBatch(events.length)
  }
  return { events: at, before: Math.min(before, at), accepted, rejected }
}

/** The same batches for the same history: whatever is sent again has the same numbers. */
async function* batches(history: Iterable<ReplayEvent> | AsyncIterable<ReplayEvent>) {
  const seen = new Set<string>()
  let events: ReplayEvent[] = []
  let bytes = 0
  let from = 0
  for await (const event of history) {
    const key = `${event.type} ${event.id}`
    if (seen.has(key)) continue
    seen.add(key)
    const size = Buffer.byteLength(JSON.stringify(event)) + 1
    if (events.length === BATCH_EVENTS || (events.length > 0 && bytes + size > BATCH_BYTES)) {
      yield { from, events }
      from += events.length
      events = []
      bytes = 0
    }
    events.push(event)
    bytes += size
  }
  if (events.length > 0) yield { from, events }
}
