import type { OutcomeEvent } from '../core/event-envelope.ts'
import { type FailedMessage, failedMessage, writeFailed } from './failed.ts'
import { withoutForgotten } from './forget-arrivals.ts'
import type { ForgottenPeople } from './forget-cutoffs.ts'
import { writeRows } from './lake.ts'
import { decisionRow } from './lake-decision.ts'
import { hourOf, type PartKind } from './lake-key.ts'
import { entityRow, outcomeRow } from './lake-outcome.ts'
import type { Row } from './lake-parquet.ts'
import { parseMessage } from './message.ts'

/** What the consumer of the queue works on. */
export interface CollectOptions {
  readonly bucket: R2Bucket
  /**
   * Brings events to the owners of the records that they change; rejects where one could not be reached.
   * An event that comes twice must count once.
   */
  readonly applyOutcomes?: (events: readonly OutcomeEvent[]) => Promise<void>
  /** Who is forgotten: nothing of them is written, counted or applied. */
  readonly people?: ForgottenPeople
  /** Counts rows of decisions, and events; like `applyOutcomes`. */
  readonly countMetrics?: (
    decisions: readonly Row[],
    events: readonly OutcomeEvent[],
  ) => Promise<void>
}

/** A readable message, and what it becomes. */
interface Collected {
  readonly message: Message<unknown>
  readonly kind: PartKind
  readonly rows: readonly Row[]
  readonly events: readonly OutcomeEvent[]
}

/** Messages that failed this often are applied one by one, so that none holds up its neighbours. */
const ALONE_FROM_ATTEMPT = 3
const LONGEST_DELAY_S = 300

/**
 * Takes a batch of the queue: messages that cannot be read go to `failed/`, the others to the lake, then to
 * the owners of records and to those who count. A message is acked once all that is done, else retried,
 * alone. Never rejects.
 */
export async function collect(
  { messages }: MessageBatch<unknown>,
  { bucket, applyOutcomes, countMetrics, people }: CollectOptions,
): Promise<void> {
  const failed: { message: Message<unknown>; failure: FailedMessage }[] = []
  const arrived: Collected[] = []
  for (const message of messages) {
    const read = readMessage(message)
    if ('failure' in read) failed.push(read)
    else arrived.push(read)
  }
  const lost = new Set<Message<unknown>>()
  await keepFailed(bucket, failed, lost)
  const collected = await remembered(arrived, people, lost)
  await keepRows(bucket, collected, lost)
  const eventsOf = (group: readonly Collected[]) => group.flatMap(({ events }) => events)
  const isDue = ({ message, kind }: Collected) => kind !== 'entity' && !lost.has(message)
  if (applyOutcomes) {
    const due = collected.filter((one) => isDue(one) && one.events.length > 0)
    await apply(due, (group) => applyOutcomes(eventsOf(group)), lost)
  }
  if (countMetrics) {
    const decisionsOf = (group: readonly Collected[]) =>
      group.flatMap(({ kind, rows }) => (kind === 'decision' ? rows : []))
    const count = (group: readonly Collected[]) => countMetrics(decisionsOf(group), eventsOf(group))
    await apply(collected.filter(isDue), count, lost)
  }
  for (const message of messages) {
    if (lost.has(message)) message.retry({ delaySeconds: delayOf(message) })
    else message.ack()
  }
}

/**
 * Takes a batch of the dead-letter queue: every message goes to `failed/`, from where it can be sent again.
 * Never rejects.
 */
export async function collectDead(
  { messages }: MessageBatch<unknown>,
  { bucket }: Pick<CollectOptions, 'bucket'>,
): Promise<void> {
  const lost = new Set<Message<unknown>>()
  const failed = messages.map((message) => ({
    message,
    failure: failedMessage(message, 'dead_letter'),
  }))
  await keepFailed(bucket, failed, lost)
  for (const message of messages) {
    if (lost.has(message)) message.retry({ delaySeconds: delayOf(message) })
    else message.ack()
  }
}

function readMessage(
  message: Message<unknown>,
): Collected | { message: Message<unknown>; failure: FailedMessage } {
  const parsed = parseMessage(message.body)
  if ('unreadable' in parsed) return { message, failure: failedMessage(message, parsed.unreadable) }
  try {
    switch (parsed.kind) {
      case 'decision':
        return { message, kind: 'decision', rows: [decisionRow(parsed.record)], events: [] }
      case 'outcomes': {
        const { events } = parsed
        return { message, kind: 'outcome', rows: events.map(outcomeRow), events }
      }
      case 'entities':
        return { message, kind: 'entity', rows: parsed.changes.map(entityRow), events: [] }
    }
  } catch (error) {
    return { message, failure: failedMessage(message, 'malformed', String(error)) }
  }
}

async function keepFailed(
  bucket: R2Bucket,
  failed: readonly { message: Message<unknown>; failure: FailedMessage }[],
  lost: Set<Message<unknown>>,
): Promise<void> {
  if (failed.length === 0) return
  try {
    await writeFailed(
      bucket,
      failed.map(({ failure }) => failure),
    )
  } catch (error) {
    console.error('failed messages were not written:', error)
    for (const { message } of failed) lost.add(message)
  }
}

/** What arrived, without those who are forgotten; where nobody can say who is, it waits. */
async function remembered(
  arrived: readonly Collected[],
  people: ForgottenPeople | undefined,
  lost: Set<Message<unknown>>,
): Promise<readonly Collected[]> {
  if (!people) return arrived
  try {
    return await withoutForgotten(people, arrived)
  } catch (error) {
    console.error('it is not known who is forgotten:', error)
    for (const { message } of arrived) lost.add(message)
    return []
  }
}

/** One part for each kind and hour of arrival. */
async function keepRows(
  bucket: R2Bucket,
  collected: readonly Collected[],
  lost: Set<Message<unknown>>,
): Promise<void> {
  const parts = new Map<string, { kind: PartKind; hourMs: number; rows: Row[]; of: Set<Message> }>()
  for (const { message, kind, rows } of collected)
    for (const row of rows) {
      const hourMs = hourOf(row.received_at as number)
      const name = `${kind} ${hourMs}`
      const part = parts.get(name) ?? { kind, hourMs, rows: [], of: new Set() }
      parts.set(name, part)
      part.rows.push(row)
      part.of.add(message)
    }
  await Promise.all(
    [...parts.values()].map(async ({ kind, hourMs, rows, of }) => {
      try {
        await writeRows(bucket, kind, hourMs, rows)
      } catch (error) {
        console.error(`a part of ${kind} was not written:`, error)
        for (const message of of) lost.add(message)
      }
    }),
  )
}

/** Brings messages on, together or, where one has failed before, each alone; what fails is lost. */
async function apply(
  due: readonly Collected[],
  work: (group: readonly Collected[]) => Promise<void>,
  lost: Set<Message<unknown>>,
): Promise<void> {
  if (due.length === 0) return
  const groups = due.some(({ message }) => message.attempts >= ALONE_FROM_ATTEMPT)
    ? due.map((one) => [one])
    : [due]
  for (const group of groups)
    try {
      await work(group)
    } catch (error) {
      console.error('messages were not applied:', error)
      for (const { message } of group) lost.add(message)
    }
}

/** Twice as long each time; from the last delays to the dead letters it is half an hour. */
function delayOf({ attempts }: Message<unknown>): number {
  return Math.min(LONGEST_DELAY_S, 2 ** Math.min(attempts, 10))
}
