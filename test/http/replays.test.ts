import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { AdminClient } from '../../cli/client.ts'
import { type ReplayEvent, replayEvents } from '../../cli/replay-events.ts'
import type { TestBucket } from '../fixtures/lake.ts'
import { jsonOf, testApp } from './fixtures/app.ts'
import { NOW_MS } from './fixtures/runtime.ts'

let { send, runtime, state } = testApp()
beforeEach(() => {
  ;({ send, runtime, state } = testApp())
})

const YEARS_AGO_MS = NOW_MS - 3 * 365 * 86_400_000
const bought = (n: number, more: object = {}) => ({
  ...{ id: `h-${n}`, type: 'buy', item: `p${n}`, user: 'ada', value: 5 },
  timestamp: YEARS_AGO_MS + n,
  ...more,
})
const replay = (body: unknown, name = 'h') => send({ path: `/v1/replays/${name}`, body })

describe('a replay', () => {
  it('takes events of any age in their order, and says where it goes on', async () => {
    const response = await replay({ from: 0, events: [bought(0), bought(1)] })
    expect(response.status).toBe(200)
    expect(await jsonOf(response)).toEqual({ replay: 'h', next: 2, accepted: 2, rejected: [] })
    expect(await jsonOf(await send({ path: '/v1/replays/h' }))).toEqual({ replay: 'h', next: 2 })
    expect(await jsonOf(await send({ path: '/v1/replays/other' }))).toMatchObject({ next: 0 })
  })

  it('counts them by a ledger of its own, under pseudonyms, with their own times', async () => {
    const seen = vi.spyOn(runtime.eventOwners, 'replay')
    // Nothing of the shop counts events: what goes to the lake tells.
    await replay({ from: 0, events: [bought(7)] })
    expect(seen.mock.calls[0][0]).toEqual({ replay: 'h', from: 0, to: 1 })
    const parts = [...(runtime.lake as unknown as TestBucket).objects]
    expect(parts.length).toBe(1)
    expect(parts[0][0]).toContain('events/kind=outcome/')
    const text = new TextDecoder('latin1').decode(parts[0][1])
    expect(text).toContain(runtime.pseudonym('ada'))
    expect(text).not.toContain('ada\0')
    expect(text).toContain('history')
  })

  it('rejects a bad event with its place, and its number is gone nonetheless', async () => {
    const answer = await jsonOf(
      await replay({ from: 0, events: [bought(0), bought(1, { value: 'x' }), bought(2)] }),
    )
    expect(answer).toMatchObject({ next: 3, accepted: 2 })
    expect(answer.rejected).toMatchObject([{ index: 1, id: 'h-1', path: 'events[1].value' }])
  })

  it('refuses a part whose predecessor is lacking, and says where to go on', async () => {
    const response = await replay({ from: 5, events: [bought(5)] })
    expect(response.status).toBe(409)
    expect(await jsonOf(response)).toMatchObject({ code: 'replay_gap', next: 0 })
  })

  it('writes nothing for what it has been through', async () => {
    await replay({ from: 0, events: [bought(0), bought(1)] })
    const { objects } = runtime.lake as unknown as TestBucket
    const parts = objects.size
    expect(await jsonOf(await replay({ from: 0, events: [bought(0)] }))).toMatchObject({ next: 2 })
    expect(objects.size).toBe(parts)
  })

  it('says 503 where not all could be stored', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => {})
    vi.spyOn(runtime.eventOwners, 'replay').mockRejectedValue(new Error('an object is gone'))
    const response = await replay({ from: 0, events: [bought(0)] })
    expect(response.status).toBe(503)
    expect(await jsonOf(response)).toMatchObject({ code: 'not_durable' })
    vi.restoreAllMocks()
  })

  it('needs the secret key, a name, and a body of its shape and size', async () => {
    const body = { from: 0, events: [bought(0)] }
    expect((await send({ path: '/v1/replays/h', body, key: 'pk_now' })).status).toBe(403)
    expect((await replay(body, 'a%20b')).status).toBe(400)
    expect((await replay({ ...body, more: 1 })).status).toBe(400)
    expect((await replay({ from: -1, events: [bought(0)] })).status).toBe(400)
    expect((await replay({ from: 0, events: [] })).status).toBe(400)
    expect((await replay({ from: 0, events: Array(10_001).fill(1) })).status).toBe(422)
  })
})

describe('the client of replays', () => {
  let calls: { from: number; count: number }[] = []
  let broken = Number.POSITIVE_INFINITY
  const client: AdminClient = {
    async call<T>(method: string, path: string, body?: unknown): Promise<T> {
      const sent = body as { from: number; events: unknown[] } | undefined
      if (sent) {
        if (calls.length >= broken) throw new Error('the network is gone')
        calls.push({ from: sent.from, count: sent.events.length })
      }
      const response = await send({ method, path, body })
      return (await response.json()) as T
    },
  }
  beforeEach(() => {
    calls = []
    broken = Number.POSITIVE_INFINITY
  })
  const events = (count: number): ReplayEvent[] =>
    Array.from({ length: count }, (_, n) => bought(n))

  it('sends a history in parts that fit a call, and tells how far it is', async () => {
    const told: number[] = []
    const report = await replayEvents(client, 'h', events(12_000), (n) => told.push(n))
    expect(report).toEqual({ events: 12_000, before: 0, accepted: 12_000, rejected: [] })
    expect(told.reduce((sum, n) => sum + n, 0)).toBe(12_000)
    expect(calls.map(({ from }) => from)).toEqual([0, 5_000, 10_000])
  })

  it('goes on where a run before it broke, and changes nothing when run again', async () => {
    broken = 1
    await expect(replayEvents(client, 'h', events(12_000))).rejects.toThrow('network')
    broken = Number.POSITIVE_INFINITY
    calls = []
    const report = await replayEvents(client, 'h', events(12_000))
    expect(report).toMatchObject({ events: 12_000, before: 5_000, accepted: 7_000 })
    expect(calls.map(({ from }) => from)).toEqual([5_000, 10_000])
    calls = []
    expect(await replayEvents(client, 'h', events(12_000))).toMatchObject({ accepted: 0 })
    expect(calls).toEqual([])
    expect(state.replays.get('h')).toBe(12_000)
  })

  it('sends an event that stands there twice once, and large ones in smaller parts', async () => {
    const twice = [...events(3), ...events(3)]
    expect(await replayEvents(client, 'twice', twice)).toMatchObject({ events: 3, accepted: 3 })
    const large = events(300).map((event) => ({ ...event, properties: { x: 'y'.repeat(7_000) } }))
    calls = []
    expect(await replayEvents(client, 'large', large)).toMatchObject({ accepted: 300 })
    expect(calls.length).toBe(3)
  })
})
