import type { OutcomeEvent } from '../core/event-envelope.ts'
import type { Runtime } from '../wheel/runtime.ts'
import { type Batch, batchOf } from './events-outcomes.ts'
import { capped } from './events-rate.ts'
import { notCountedOf, type RejectedEvent, readEvent, type TakenEvent } from './events-read.ts'
import { EVENT_CAPS, eventsEnvelope } from './events-schema.ts'
import { issuesOf, MAX_ISSUES } from './issues.ts'
import { Problem } from './problem.ts'
import type { RateLimiter } from './rate-limit.ts'
import { type Call, json, MAX_BYTES, type Route } from './route.ts'
import { timeMs } from './times.ts'

/** Makes accepted events durable; resolves when it is known, by event, whether they are. */
export type SendOutcomes = (
  events: readonly OutcomeEvent[],
) => Promise<{ readonly durable: readonly boolean[] }>

/** What the route needs beside the runtime. */
export interface EventsOptions {
  readonly sendOutcomes: SendOutcomes
  /** A cap per user and network on what counts under the publishable key; null: none. */
  readonly eventLimiter: RateLimiter | null
}

/** `POST /v1/events`: what happened to served items. Answers when what it accepts is durable. */
export function eventRoutes(
  runtime: Runtime,
  { sendOutcomes, eventLimiter }: EventsOptions,
): Route[] {
  return [
    {
      method: 'POST',
      path: '/v1/events',
      access: 'publishable',
      body: { maxBytes: MAX_BYTES.events, keyInside: true },
      async handle(call) {
        const { batch, events } = readBatch(runtime, call)
        const { taken, rejected } = readEvents(batch, events)
        if (taken.length > 0) await call.admit()
        const isCapped = eventLimiter !== null && batch.kind === 'publishable'
        const judged = isCapped ? await capped(eventLimiter, call.request, taken) : taken
        const { kept, lost } = await keep(sendOutcomes, judged)
        const answer = {
          accepted: kept.length,
          rejected: [...rejected, ...lost].sort((a, b) => a.index - b.index),
          notCounted: kept.flatMap(notCountedOf),
        }
        if (kept.length > 0) return json(answer, 202)
        throw noneAccepted(answer.rejected, lost.length > 0)
      },
    },
  ]
}

function readBatch(runtime: Runtime, call: Call): { batch: Batch; events: readonly unknown[] } {
  const envelope = eventsEnvelope.safeParse(call.json())
  if (!envelope.success)
    throw new Problem(400, 'invalid_request', 'Send { "events": [ … ] }.', {
      errors: issuesOf(envelope.error),
    })
  const { sent, events } = envelope.data
  if (events.length > EVENT_CAPS.events) {
    const message = `more than ${EVENT_CAPS.events} events`
    throw new Problem(422, 'over_cap', `events: ${message}`, {
      errors: [{ path: 'events', message }],
    })
  }
  const batch = batchOf(runtime, {
    kind: call.kind === 'secret' ? 'secret' : 'publishable',
    optedOut: call.optedOut,
    sentMs: sent === undefined ? null : timeMs(sent),
  })
  return { batch, events }
}

function readEvents(batch: Batch, events: readonly unknown[]) {
  const taken: TakenEvent[] = []
  const rejected: RejectedEvent[] = []
  let items = 0
  events.forEach((event, index) => {
    const read = readEvent(batch.runtime.events, batch, event, index)
    if ('code' in read) rejected.push(read)
    else if (items + read.outcomes.length > EVENT_CAPS.batchItems)
      rejected.push({
        ...{ index, id: read.id, code: 'too_large', path: `events[${index}].items` },
        message: `more than ${EVENT_CAPS.batchItems} items in one batch`,
      })
    else {
      taken.push(read)
      items += read.outcomes.length
    }
  })
  return { taken, rejected }
}

/** An event of several items is durable where all of it is; sent again, what was kept counts once. */
async function keep(sendOutcomes: SendOutcomes, taken: readonly TakenEvent[]) {
  const kept: TakenEvent[] = []
  const lost: RejectedEvent[] = []
  const durable = await durabilityOf(
    sendOutcomes,
    taken.flatMap(({ outcomes }) => outcomes),
  )
  let at = 0
  for (const event of taken) {
    const end = at + event.outcomes.length
    let isDurable = true
    for (; at < end; at++) isDurable &&= durable[at] === true
    if (isDurable) kept.push(event)
    else
      lost.push({
        ...{ index: event.index, id: event.id, code: 'not_durable' },
        path: `events[${event.index}]`,
        message: 'could not be stored; send it again',
      })
  }
  return { kept, lost }
}

async function durabilityOf(
  sendOutcomes: SendOutcomes,
  outcomes: readonly OutcomeEvent[],
): Promise<readonly boolean[]> {
  if (outcomes.length === 0) return []
  try {
    return (await sendOutcomes(outcomes)).durable
  } catch (error) {
    console.error('events were not stored:', error)
    return []
  }
}

function noneAccepted(rejected: readonly RejectedEvent[], retry: boolean): Problem {
  const [first] = rejected
  const options = {
    errors: rejected.slice(0, MAX_ISSUES).map(({ path, message }) => ({ path, message })),
    members: { accepted: 0, rejected, notCounted: [] },
  }
  if (!retry)
    return new Problem(
      400,
      'invalid_request',
      `No event was accepted: ${first.path}: ${first.message}`,
      options,
    )
  return new Problem(503, 'not_durable', 'No event could be stored; send them again.', {
    ...options,
    headers: { 'retry-after': '1' },
  })
}
