import * as z from 'zod'
import type { OutcomeEvent } from '../core/event-envelope.ts'
import { applyHistory, type HistoryEvent, historyNext } from '../wheel/apply-history.ts'
import type { Runtime } from '../wheel/runtime.ts'
import { batchOf } from './events-outcomes.ts'
import { type RejectedEvent, readEvent } from './events-read.ts'
import { issuesOf } from './issues.ts'
import { Problem } from './problem.ts'
import { type Call, json, MAX_BYTES, type Route } from './route.ts'

/** The most events of one call; with the body's cap of 1 MB, a call is a second's work. */
export const MAX_REPLAYED = 10_000

/** The body of a part of a history; its events are looked at one by one. */
export const replayBody = z.strictObject({
  from: z.int().min(0).describe('The number of the first event in the whole history, from 0.'),
  events: z.array(z.unknown()).min(1).meta({ maxItems: MAX_REPLAYED }),
})

/**
 * `POST /v1/replays/{name}`: a part of a history, applied in order and once, however old its events are;
 * `GET` says where it goes on.
 */
export function replayRoutes(runtime: Runtime): Route[] {
  const common = { access: 'secret', path: '/v1/replays/:name' } as const
  return [
    {
      ...common,
      method: 'GET',
      async handle(call) {
        const replay = nameOf(call)
        return json({ replay, next: await historyNext(runtime, replay) })
      },
    },
    {
      ...common,
      method: 'POST',
      body: { maxBytes: MAX_BYTES.events },
      async handle(call) {
        const replay = nameOf(call)
        const { from, events } = bodyOf(call)
        const { history, rejected } = readHistory(runtime, call, from, events)
        const part = { replay, from, to: from + events.length }
        const { next, lacking } = await applied(runtime, part, history)
        if (lacking)
          throw new Problem(409, 'replay_gap', `Events ${next} to ${from - 1} are lacking.`, {
            members: { next },
          })
        return json({ replay, next, accepted: events.length - rejected.length, rejected })
      },
    },
  ]
}

async function applied(...[runtime, part, history]: Parameters<typeof applyHistory>) {
  try {
    return await applyHistory(runtime, part, history)
  } catch (error) {
    console.error('a part of a history was not applied:', error)
    throw new Problem(503, 'not_durable', 'Not all of it could be stored; send it again.', {
      headers: { 'retry-after': '1' },
    })
  }
}

function nameOf(call: Call): string {
  const name = call.param('name') ?? ''
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(name)) return name
  const message = 'expected 1–64 letters, digits, . _ and -'
  throw new Problem(400, 'invalid_request', `name: ${message}`, {
    errors: [{ path: 'name', message }],
  })
}

function bodyOf(call: Call): z.output<typeof replayBody> {
  const body = replayBody.safeParse(call.json())
  if (!body.success)
    throw new Problem(400, 'invalid_request', 'Send { "from": 0, "events": [ … ] }.', {
      errors: issuesOf(body.error),
    })
  if (body.data.events.length <= MAX_REPLAYED) return body.data
  const message = `more than ${MAX_REPLAYED} events`
  throw new Problem(422, 'over_cap', `events: ${message}`, {
    errors: [{ path: 'events', message }],
  })
}

/** What the events of a history become. One that is rejected has its number nonetheless. */
function readHistory(runtime: Runtime, call: Call, from: number, events: readonly unknown[]) {
  const people = new Map<string, string>()
  const pseudonym = (id: string) => {
    const known = people.get(id) ?? runtime.pseudonym(id)
    people.set(id, known)
    return known
  }
  const batch = batchOf(
    { ...runtime, pseudonym },
    { kind: 'secret', optedOut: call.optedOut, sentMs: null },
  )
  const history: HistoryEvent[] = []
  const rejected: RejectedEvent[] = []
  events.forEach((written, index) => {
    const read = readEvent(runtime.events, batch, written, index)
    if ('code' in read) rejected.push(read)
    else
      for (const outcome of read.outcomes)
        history.push({ sequence: from + index, event: vouched(outcome) })
  })
  return { history, rejected }
}

/** Its ledger vouches for a history, which may be older than the keys of events are kept. */
function vouched(event: OutcomeEvent): OutcomeEvent {
  return { ...event, trust: 'counted', voucher: 'history' }
}
