import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { decodeDecision } from '../../src/core/decision-codec.ts'
import { moviesHome } from '../../src/use-cases/movies-home.ts'
import { logDecisions, sendOutcomes } from '../../src/wheel/log.ts'
import { parseMessage } from '../../src/wheel/message.ts'
import { groupsOf, type Outbox, publisher } from '../../src/wheel/publisher.ts'
import { virtualClock } from '../fixtures/clock.ts'
import { outcomeEvent } from '../fixtures/lake.ts'
import { world } from '../fixtures/runtime.ts'

/** What a queue or an outbox does with a call: takes it, fails, throws at once, has no room, or never answers. */
type Fault = 'ok' | 'fails' | 'throws' | 'full' | 'hangs'

function answer(fault: Fault): Promise<boolean> {
  if (fault === 'throws') throw new Error('the binding is gone')
  if (fault === 'fails') return Promise.reject(new Error('429'))
  if (fault === 'hangs') return new Promise(() => {})
  return Promise.resolve(fault === 'ok')
}

/** A publisher over a queue and two outboxes that a test breaks. */
function line(faults: { queue?: (call: number) => Fault; outboxes?: Fault[] } = {}) {
  const calls: Uint8Array[][] = []
  const sent: Uint8Array[] = []
  const kept: Uint8Array[][] = []
  const told: number[] = []
  const outboxes = (faults.outboxes ?? ['ok', 'ok']).map(
    (fault): Outbox => ({
      put: async (messages, lost) => {
        const taken = await answer(fault)
        if (taken) kept.push([...messages])
        told.push(lost)
        return taken
      },
    }),
  )
  const queue = {
    async sendBatch(batch: Iterable<MessageSendRequest<Uint8Array>>) {
      const bodies = [...batch].map(({ body }) => body)
      calls.push(bodies)
      await answer(faults.queue?.(calls.length) ?? 'ok')
      sent.push(...bodies)
      return {} as QueueSendBatchResponse
    },
  }
  const clock = virtualClock()
  return {
    publisher: publisher({ queue, outboxes, clock, random: () => 0 }),
    calls,
    sent,
    kept,
    told,
  }
}

/** Whether two lists hold the same objects; comparing their bytes one by one would take minutes. */
const same = (a: readonly unknown[], b: readonly unknown[]) =>
  a.length === b.length && a.every((one, i) => one === b[i])

const outcomes = (count: number, size = 0) =>
  Array.from({ length: count }, (_, i) =>
    outcomeEvent({ id: `e${i}`, properties: { fill: 'x'.repeat(size) } }),
  )

beforeEach(() => {
  vi.spyOn(console, 'error').mockImplementation(() => {})
})
afterEach(() => {
  vi.restoreAllMocks()
})

describe('sending', () => {
  it('keeps each call within 100 messages and 256 KB, and loses none', async () => {
    const messages = Array.from({ length: 350 }, (_, i) =>
      new Uint8Array((i * 700) % 60_000).fill(i),
    )
    const groups = groupsOf(messages)
    expect(same(groups.flat(), messages)).toBe(true)
    for (const group of groups) {
      expect(group.length).toBeLessThanOrEqual(100)
      expect(group.reduce((sum, { length }) => sum + length, 0)).toBeLessThan(250_000)
    }
    expect(groupsOf(Array(350).fill(Uint8Array.of(1))).map(({ length }) => length)).toEqual([
      100, 100, 100, 50,
    ])
  })

  it('says durable where the queue took it', async () => {
    const to = line()
    const { durable } = await sendOutcomes(to, outcomes(500, 1_000))
    expect(durable).toEqual(Array(500).fill(true))
    expect(to.calls.length).toBeGreaterThan(2)
    expect(to.kept).toEqual([])
  })

  it('puts what the queue refused, and nothing else, into an outbox', async () => {
    for (const fault of ['fails', 'throws', 'hangs'] as const) {
      const to = line({ queue: (call) => (call === 2 ? fault : 'ok') })
      const { durable } = await sendOutcomes(to, outcomes(500, 1_000))
      expect(durable).toEqual(Array(500).fill(true))
      expect(to.kept.length).toBe(1)
      expect(same(to.kept[0], to.calls[1])).toBe(true)
      expect(to.sent.length + to.kept[0].length).toBe(to.calls.flat().length)
    }
  })

  it('tells by event what is durable nowhere', async () => {
    const to = line({ queue: (call) => (call === 2 ? 'fails' : 'ok'), outboxes: ['full', 'fails'] })
    const events = outcomes(500, 1_000)
    const { durable } = await sendOutcomes(to, events)
    const gone = to.calls[1].flatMap((bytes) => {
      const message = parseMessage(bytes)
      return 'events' in message ? message.events.map(({ id }) => id) : []
    })
    expect(gone.length).toBeGreaterThan(100)
    expect(events.filter((_, i) => !durable[i]).map(({ id }) => id)).toEqual(gone)
  })

  it('asks the next outbox where one has no room, fails or hangs', async () => {
    for (const fault of ['full', 'fails', 'throws', 'hangs'] as const) {
      const to = line({ queue: () => 'fails', outboxes: [fault, 'ok'] })
      expect((await sendOutcomes(to, outcomes(3))).durable).toEqual([true, true, true])
      expect(to.kept.length).toBe(1)
    }
  })

  it('does not send what the platform takes never', async () => {
    const to = line()
    const small = new Uint8Array(10)
    expect(await to.publisher.publish([small, new Uint8Array(128_001), small])).toEqual([
      true,
      false,
      true,
    ])
    expect(to.sent).toEqual([small, small])
    expect(await to.publisher.publish([])).toEqual([])
  })
})

describe('logging decisions', () => {
  it('sends the record as it was when the decision was answered', async () => {
    const { decide } = await world(moviesHome)
    const decision = await decide({ userId: 'u1' })
    const expected = { scores: decision.scores.slice(), ids: decision.ids }
    const to = line()
    const work: Promise<unknown>[] = []
    logDecisions(to, [decision], (one) => work.push(one))
    expect(work.length).toBe(1)
    decision.scores.fill(0)
    decision.matrix.values.fill(0)
    await Promise.all(work)
    const message = parseMessage(to.sent[0])
    if (!('record' in message)) throw new Error('no record')
    const event = decodeDecision(message.record)
    expect(event.decisionId).toBe(decision.decisionId)
    expect(event.scores).toEqual(expected.scores)
    expect(event.choices.map(({ index }) => event.ids[index])).toEqual(expected.ids)
  })

  it('returns before the queue has answered, and never throws', async () => {
    const { decide } = await world(moviesHome)
    const decision = await decide()
    const to = line({ queue: () => 'hangs', outboxes: ['hangs', 'throws'] })
    const work: Promise<unknown>[] = []
    logDecisions(to, [decision], (one) => work.push(one))
    await Promise.all(work)
    expect(console.error).toHaveBeenCalledWith('lost 1 messages:', expect.anything())
    const broken = {
      ...decision,
      get pool(): never {
        throw new Error('no pool')
      },
    }
    logDecisions(to, [broken], () => {})
    expect(console.error).toHaveBeenCalledTimes(5)
  })

  it('tells the next outbox that answers how much was lost before, once', async () => {
    const to = line({ queue: () => 'fails', outboxes: ['fails', 'ok'] })
    to.publisher.lose(3, 'no outbox')
    await sendOutcomes(to, outcomes(1))
    await sendOutcomes(to, outcomes(1))
    expect(to.told).toEqual([3, 0])
  })
})
