import fc from 'fast-check'
import { afterAll, describe, expect, it, vi } from 'vitest'
import type { OutcomeEvent } from '../../src/core/event-envelope.ts'
import { isId } from '../../src/core/request.ts'
import { problemSchema } from '../../src/http/answer-schemas.ts'
import { outcomeMessages, parseMessage } from '../../src/wheel/message.ts'
import { type Sent, testApp } from './fixtures/app.ts'
import { RAW, spoilt } from './fixtures/hostile-bodies.ts'
import { NOW_MS } from './fixtures/runtime.ts'
import { click, decisionIdAt, type EventsAnswer, receipt } from './fixtures/sent-events.ts'

/** A fault of ours is logged with its stack; here it must never be. */
const logged = vi.spyOn(console, 'error')
const seen = new Map<number, number>()
let isDurable = (_: number) => true

/** Stands in for the queue: what it cannot carry is a fault. */
function carry(events: readonly OutcomeEvent[]): { durable: boolean[] } {
  for (const { bytes } of outcomeMessages(events)) {
    expect(bytes.length).toBeLessThan(127_000)
    expect(parseMessage(bytes)).not.toHaveProperty('unreadable')
  }
  for (const { id, item, user, receivedMs, eventTimeMs } of events) {
    expect([id, item ?? 'none', user ?? 'none'].every(isId)).toBe(true)
    expect(eventTimeMs).toBeLessThanOrEqual(receivedMs)
    expect(user).not.toBe('u_1')
  }
  return { durable: events.map((_, i) => isDurable(i)) }
}

const { send } = testApp({ sendOutcomes: async (events) => carry(events) })

const path = '/v1/events'
const events = [
  click({ receipt: receipt(), position: 1, consent: { train: true, personalize: true } }),
  click({ type: 'impression', item: undefined, items: [{ id: 'p1', position: 1 }, { id: 'p2' }] }),
  click({ type: 'buy', value: 3, properties: { currency: 'EUR', list: [{ a: 1 }] } }),
  click({ id: 'e9', retracts: 'e1', decisionId: decisionIdAt(NOW_MS - 9) }),
].map((event) => JSON.parse(JSON.stringify(event)))

const templates = [
  { path, body: { sent: NOW_MS, events } },
  { path, body: { events: [events[0]] } },
  { path, body: { events: [events[1]] } },
  { path, body: { events: [events[2]] } },
]
const inText = spoilt([
  { path, body: { key: 'pk_now', sent: '2026-09-21T13:33:20Z', events } },
]).map((sent): Sent => ({ ...sent, key: null, headers: { 'content-type': 'text/plain' } }))
const wild = fc
  .record({
    body: fc.oneof(
      fc.constantFrom('', '{', 'null', '[]', '{"events":{}}', ...Object.values(RAW)),
      fc.string({ unit: 'binary', maxLength: 200 }),
      fc.jsonValue({ maxDepth: 4 }).map((value) => JSON.stringify({ events: [value, value] })),
      fc.constantFrom(...Object.values(RAW)).map((raw) => `{"events":[${raw}]}`),
      fc
        .constantFrom(...Object.values(RAW))
        .map(
          (raw) => `{"events":[{"id":"a","type":"click","item":"b","properties":{"x":${raw}}}]}`,
        ),
    ),
    type: fc.constantFrom('application/json', 'text/plain', 'TEXT/PLAIN; x', 'text/plain,', 'x'),
    key: fc.constantFrom('pk_now', 'sk_now', null),
  })
  .map(({ body, type, key }): Sent => ({ path, body, key, headers: { 'content-type': type } }))

async function expectAnswer(sent: Sent): Promise<void> {
  const response = await send({ ...sent, method: 'POST' })
  const { status } = response
  seen.set(status, (seen.get(status) ?? 0) + 1)
  const [fault] = logged.mock.calls
  logged.mockClear()
  if (fault) throw fault[0]
  const answer = (await response.json()) as EventsAnswer
  if (status === 503) expect(answer.code).toBe('not_durable')
  else expect(status).toBeLessThan(500)
  if (status >= 400) problemSchema.parse(answer)
  if (!answer.rejected) return
  const body = JSON.parse(sent.body as string) as { events: unknown[] }
  expect(answer.accepted + answer.rejected.length).toBe(body.events.length)
  const indices = answer.rejected.map(({ index }) => index)
  expect(indices).toEqual([...new Set(indices)].sort((a, b) => a - b))
  for (const { index, path, message } of answer.rejected) {
    expect(path.startsWith(`events[${index}]`) && path.length < 400).toBe(true)
    expect(message.length > 2 && message.length < 500).toBe(true)
  }
  for (const { index } of answer.notCounted) expect(indices).not.toContain(index)
}

describe('7,000 hostile batches', () => {
  afterAll(() => logged.mockRestore())

  it.each([
    ['valid ones spoilt in a few places', spoilt(templates), 4_000, () => true],
    ['the same where half cannot be stored', spoilt(templates), 1_000, (i: number) => i % 2 === 1],
    ['in text, with the key inside', inText, 1_000, () => true],
    ['bodies of any kind', wild, 1_000, () => true],
  ] as const)(
    'meet no fault, and each event has its answer: %s',
    async (_, requests, numRuns, durable) => {
      isDurable = durable
      await fc.assert(fc.asyncProperty(requests as fc.Arbitrary<Sent>, expectAnswer), { numRuns })
    },
    120_000,
  )

  it('were of every kind: taken, malformed, without a key, over a cap, not stored', () => {
    for (const status of [202, 400, 401, 415, 422, 503])
      expect(seen.get(status) ?? 0, String(status)).toBeGreaterThan(10)
  })
})
