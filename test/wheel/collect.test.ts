import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { OutcomeEvent } from '../../src/core/event-envelope.ts'
import { moviesHome } from '../../src/use-cases/movies-home.ts'
import { collect, collectDead } from '../../src/wheel/collect.ts'
import { readFailed } from '../../src/wheel/failed.ts'
import { PART_FORMATS } from '../../src/wheel/lake.ts'
import { outcomeOf } from '../../src/wheel/lake-outcome.ts'
import { readPart } from '../../src/wheel/lake-parquet.ts'
import { recordOf } from '../../src/wheel/log.ts'
import { decisionMessage, entityMessages, outcomeMessages } from '../../src/wheel/message.ts'
import { redrive } from '../../src/wheel/redrive.ts'
import { batchOf, memoryBucket, outcomeEvent, type TestBucket } from '../fixtures/lake.ts'
import { world } from '../fixtures/runtime.ts'

const NOON_MS = Date.parse('2026-09-21T12:00:00Z')
const HOUR_MS = 3_600_000

async function decisionBodies(count: number): Promise<Uint8Array[]> {
  const { decide } = await world(moviesHome)
  const bodies = []
  for (let i = 0; i < count; i++) bodies.push(decisionMessage(recordOf(await decide())))
  return bodies
}

const outcomeBody = (...events: Partial<OutcomeEvent>[]) =>
  outcomeMessages(events.map(outcomeEvent))[0].bytes

const entityBody = (receivedMs = NOON_MS) =>
  entityMessages([
    { entity: 'item', id: '318', attributes: { year: 1994 }, updatedAtMs: 1, receivedMs },
  ])[0].bytes

const keysOf = ({ objects }: TestBucket, of: string) =>
  [...objects.keys()].filter((key) => key.startsWith(of))

async function eventsIn(bucket: TestBucket): Promise<OutcomeEvent[]> {
  const keys = keysOf(bucket, 'events/kind=outcome/')
  const parts = keys.map((key) => readPart(PART_FORMATS.outcome, bucket.objects.get(key)!))
  return (await Promise.all(parts)).flat().map(outcomeOf)
}

beforeEach(() => {
  vi.spyOn(console, 'error').mockImplementation(() => {})
})
afterEach(() => {
  vi.restoreAllMocks()
})

describe('the consumer', () => {
  it('acks nothing before all is written and applied', async () => {
    const bucket = memoryBucket()
    const { calls } = bucket
    const bodies = [...(await decisionBodies(1)), outcomeBody({}), 'garbage', entityBody()]
    await collect(batchOf(bodies, { calls }), {
      bucket,
      applyOutcomes: async () => {
        await new Promise((resolve) => setTimeout(resolve, 5))
        calls.push('applied')
      },
    })
    const named = calls.map((call) => call.replace(/(kind=\w+|failed).*/, '$1'))
    expect(named.slice(0, 4).sort()).toEqual([
      'put events/kind=decision',
      'put events/kind=entity',
      'put events/kind=outcome',
      'put failed',
    ])
    expect(named.slice(4)).toEqual(['applied', 'acked 0', 'acked 1', 'acked 2', 'acked 3'])
  })

  it('writes one part for each kind and hour of arrival', async () => {
    const bucket = memoryBucket()
    const batch = batchOf([
      outcomeBody({ receivedMs: NOON_MS }, { id: 'e2', receivedMs: NOON_MS - 1 }),
      outcomeBody({ id: 'e3', receivedMs: NOON_MS + HOUR_MS - 1 }),
      entityBody(),
    ])
    await collect(batch, { bucket })
    expect(batch.verdicts()).toEqual(['acked', 'acked', 'acked'])
    expect([...bucket.objects.keys()].map((key) => key.split('/').slice(1, 4)).sort()).toEqual([
      ['kind=entity', 'date=2026-09-21', 'hour=12'],
      ['kind=outcome', 'date=2026-09-21', 'hour=11'],
      ['kind=outcome', 'date=2026-09-21', 'hour=12'],
    ])
    expect((await eventsIn(bucket)).map(({ id }) => id).sort()).toEqual(['e1', 'e2', 'e3'])
  })

  it('sets aside what it cannot read, with reason and bytes, and harms no neighbour', async () => {
    const bucket = memoryBucket()
    const [decision] = await decisionBodies(1)
    const torn = decision.slice(0, 900)
    const strange = new TextEncoder().encode('{"id":1}')
    const batch = batchOf([outcomeBody({}), torn, strange, { id: 1 }, outcomeBody({ id: 'e2' })])
    const applied: string[] = []
    await collect(batch, {
      bucket,
      applyOutcomes: async (events) => void applied.push(...events.map(({ id }) => id)),
    })
    expect(batch.verdicts()).toEqual(Array(5).fill('acked'))
    expect(applied).toEqual(['e1', 'e2'])
    expect((await eventsIn(bucket)).map(({ id }) => id)).toEqual(['e1', 'e2'])
    const [key, ...more] = keysOf(bucket, 'failed/')
    expect(more).toEqual([])
    expect(key).toMatch(/^failed\/date=2026-09-21\/[0-9a-f]{32}\.ndjson$/)
    const { messages, broken } = (await readFailed(bucket, key))!
    expect(broken).toBe(0)
    expect(messages.map(({ id, reason, body }) => [id, reason, body]).sort()).toEqual([
      ['m1', 'malformed', torn],
      ['m2', 'not_a_message', strange],
      ['m3', 'not_bytes', strange],
    ])
  })

  it('retries the messages of a part that was not written, and acks the others', async () => {
    const bucket = memoryBucket()
    bucket.breaks = (call) => call.includes('kind=outcome') && call.includes('hour=11')
    const applied: string[] = []
    const batch = batchOf([
      outcomeBody({ id: 'a', receivedMs: NOON_MS }),
      outcomeBody({ id: 'b', receivedMs: NOON_MS }, { id: 'c', receivedMs: NOON_MS - 1 }),
      entityBody(NOON_MS - 1),
    ])
    await collect(batch, {
      bucket,
      applyOutcomes: async (events) => void applied.push(...events.map(({ id }) => id)),
    })
    expect(batch.verdicts()).toEqual(['acked', 'retried', 'acked'])
    expect(applied).toEqual(['a'])
  })

  it('retries what it could not set aside', async () => {
    const bucket = memoryBucket()
    bucket.breaks = (call) => call.startsWith('put failed/')
    const batch = batchOf(['garbage', entityBody()])
    await collect(batch, { bucket })
    expect(batch.verdicts()).toEqual(['retried', 'acked'])
  })

  it('retries events that were not applied, and nothing else', async () => {
    const bucket = memoryBucket()
    const batch = batchOf([
      ...(await decisionBodies(1)),
      outcomeBody({}),
      outcomeBody({ id: 'e2' }),
    ])
    await collect(batch, {
      bucket,
      applyOutcomes: async () => {
        throw new Error('an owner is gone')
      },
    })
    expect(batch.verdicts()).toEqual(['acked', 'retried', 'retried'])
    expect((await eventsIn(bucket)).length).toBe(2)
  })

  it('applies messages one by one after some attempts, so that a bad one holds up no other', async () => {
    const batch = batchOf(
      ['a', 'poison', 'b'].map((id) => outcomeBody({ id })),
      { attempts: 3 },
    )
    await collect(batch, {
      bucket: memoryBucket(),
      applyOutcomes: async (events) => {
        if (events.some(({ id }) => id === 'poison')) throw new Error('poison')
      },
    })
    expect(batch.verdicts()).toEqual(['acked', 'retried', 'acked'])
  })

  it('writes the same objects when a batch comes again, later and in another order', async () => {
    const bucket = memoryBucket()
    const bodies = [
      ...(await decisionBodies(3)),
      outcomeBody({}, { id: 'e2' }),
      outcomeBody({ id: 'e3' }),
      entityBody(),
    ]
    await collect(batchOf(bodies), { bucket })
    const keys = [...bucket.objects.keys()]
    expect(keys.length).toBe(3)
    vi.spyOn(Date, 'now').mockReturnValue(Date.now() + HOUR_MS)
    await collect(batchOf(bodies.toReversed(), { attempts: 2 }), { bucket })
    expect([...bucket.objects.keys()]).toEqual(keys)
  })

  it('takes an empty batch', async () => {
    const bucket = memoryBucket()
    await collect(batchOf([]), { bucket })
    expect(bucket.calls).toEqual([])
  })
})

describe('dead letters', () => {
  it('are set aside with their bytes before they are acked', async () => {
    const bucket = memoryBucket()
    const body = outcomeBody({})
    await collectDead(batchOf([body], { calls: bucket.calls }), { bucket })
    const [key] = keysOf(bucket, 'failed/')
    expect(bucket.calls).toEqual([`put ${key}`, 'acked 0'])
    const { messages } = (await readFailed(bucket, key))!
    expect(messages).toMatchObject([{ reason: 'dead_letter', body }])
  })

  it('are retried where they cannot be', async () => {
    const bucket = memoryBucket()
    bucket.breaks = () => true
    const batch = batchOf([outcomeBody({})])
    await collectDead(batch, { bucket })
    expect(batch.verdicts()).toEqual(['retried'])
  })
})

describe('redrive', () => {
  const all = { date: null, beforeMs: NOON_MS, after: null, limit: 100 }

  function line(isDurable: (message: Uint8Array) => boolean = () => true) {
    const sent: Uint8Array[] = []
    const publish = async (messages: readonly Uint8Array[]) => {
      sent.push(...messages)
      return messages.map(isDurable)
    }
    return { sent, publisher: { publish, lose() {} } }
  }

  async function withFailed(days: number): Promise<{ bucket: TestBucket; bodies: Uint8Array[] }> {
    const bucket = memoryBucket()
    const bodies = []
    for (let day = 0; day < days; day++) {
      const body = outcomeBody({ id: `e${day}` })
      bodies.push(body)
      await collectDead(batchOf([body], { sentMs: NOON_MS + day * 24 * HOUR_MS }), { bucket })
    }
    return { bucket, bodies }
  }

  it('sends every message again as it was, deletes it then, and finds nothing the next time', async () => {
    const { bucket, bodies } = await withFailed(7)
    const { sent, publisher } = line()
    const report = await redrive({ bucket, publisher }, all)
    expect(report).toEqual({ objects: 7, messages: 7, kept: [], next: null })
    expect(sent).toEqual(bodies)
    expect(bucket.objects.size).toBe(0)
    expect(await redrive({ bucket, publisher }, all)).toMatchObject({ objects: 0, messages: 0 })
  })

  it('keeps an object of which a message could not be made durable', async () => {
    const { bucket, bodies } = await withFailed(3)
    const { publisher } = line(
      (message) => message.length !== bodies[1].length || !same(message, bodies[1]),
    )
    const report = await redrive({ bucket, publisher }, all)
    expect(report).toMatchObject({ objects: 2, messages: 2 })
    expect(report.kept).toEqual([...bucket.objects.keys()])
    expect(report.kept[0]).toContain('date=2026-09-22')
  })

  it('takes one day, what lies there since before a time, and so many objects at once', async () => {
    const { bucket } = await withFailed(5)
    const { publisher } = line()
    const take = (call: Partial<typeof all>) => redrive({ bucket, publisher }, { ...all, ...call })
    expect(await take({ beforeMs: -1 })).toMatchObject({ objects: 0 })
    expect(await take({ date: '2026-09-23' as never })).toMatchObject({ objects: 1, next: null })
    const first = await take({ limit: 3 })
    expect(first).toMatchObject({ objects: 3, next: expect.stringContaining('2026-09-24') })
    expect(await take({ limit: 3, after: first.next as never })).toMatchObject({
      objects: 1,
      next: null,
    })
  })

  it('sends what it can of an object with lines that are none, and keeps it', async () => {
    const { bucket } = await withFailed(1)
    const [[key, bytes]] = bucket.objects
    bucket.objects.set(
      key,
      new Uint8Array([...bytes, ...new TextEncoder().encode('{"version":9}\nx\n')]),
    )
    const { publisher } = line()
    expect(await redrive({ bucket, publisher }, all)).toMatchObject({ messages: 1, kept: [key] })
  })

  const same = (a: Uint8Array, b: Uint8Array) => a.every((byte, i) => byte === b[i])
})
