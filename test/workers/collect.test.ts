import { reset } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { decodeDecision } from '../../src/core/decision-codec.ts'
import { planOf } from '../../src/core/plan.ts'
import type { Env } from '../../src/env.ts'
import { secretsOf } from '../../src/http/secrets.ts'
import { moviesHome } from '../../src/use-cases/movies-home.ts'
import { PART_FORMATS } from '../../src/wheel/lake.ts'
import { readPart } from '../../src/wheel/lake-parquet.ts'
import { outcomeMessages, parseMessage } from '../../src/wheel/message.ts'
import { replayDecision } from '../../src/wheel/replay.ts'
import { outcomeEvent } from '../fixtures/lake.ts'
import { films, keysBelow, testWorker } from './wheel-fixture.ts'

const { LAKE } = env as unknown as Env

interface Decided {
  readonly decisionId: string
  readonly items: {
    readonly id: string
    readonly score: number
    readonly propensity: number
    readonly explanation: { readonly raw: number }
  }[]
}

beforeEach(() => {
  vi.spyOn(console, 'error').mockImplementation(() => {})
})
afterEach(async () => {
  vi.restoreAllMocks()
  await reset()
})

const outcomeBody = (id: string) => outcomeMessages([outcomeEvent({ id })])[0].bytes

/** A bucket whose puts fail where `breaks` says so. */
const broken = (breaks: (key: string) => boolean): Partial<Env> => ({
  LAKE: new Proxy(LAKE, {
    get(bucket, name) {
      const method = Reflect.get(bucket, name) as (...given: unknown[]) => unknown
      if (name !== 'put') return method.bind(bucket)
      return async (key: string, ...rest: unknown[]) => {
        if (breaks(key)) throw new Error('R2: 500')
        return method.call(bucket, key, ...rest)
      }
    },
  }),
})

describe('from a decision to the lake and back', () => {
  it('replays 60 decisions of the Worker: the same slate, raw bit for bit, the same propensities', async () => {
    const { send, sent, deliver, settings } = testWorker()
    expect((await send('PUT', '/v1/entities/item', { records: films })).status).toBe(200)
    expect((await send('POST', '/v1/imports/item', { state: 'done' })).status).toBe(200)
    sent.length = 0
    const answers: Decided[] = []
    for (let i = 0; i < 60; i++) {
      const body = { limit: 1 + (i % 20), explain: true, exclude: [`${1 + (i % 60)}`] }
      answers.push(await (await send('POST', '/v1/decide/movies-home', body)).json())
    }
    expect(sent.length).toBe(60)
    expect((await deliver(sent)).acked.length).toBe(60)
    const plan = planOf(moviesHome)
    const { digests } = secretsOf(settings)
    const keys = await keysBelow('events/kind=decision/')
    expect(keys.length).toBeLessThanOrEqual(2)
    const rows = []
    for (const key of keys) {
      const object = await LAKE.get(key)
      rows.push(
        ...(await readPart(PART_FORMATS.decision, new Uint8Array(await object!.arrayBuffer()))),
      )
    }
    const events = new Map(
      rows.map(({ record }) => {
        const event = decodeDecision(record as Uint8Array)
        return [event.decisionId, event]
      }),
    )
    for (const { decisionId, items } of answers) {
      const event = events.get(decisionId)!
      const replay = replayDecision(event, plan, null, digests)
      if (typeof replay === 'string') throw new Error(replay)
      expect(replay.choices.map(({ index }) => event.ids[index])).toEqual(items.map(({ id }) => id))
      replay.choices.forEach(({ index, propensity }, i) => {
        const [head] = plan.prior.explain(event.matrix, index).values()
        expect(head.raw).toBe(items[i].explanation.raw)
        expect(Math.abs(replay.scores[index] - items[i].score)).toBeLessThanOrEqual(1e-12)
        expect(Math.abs(propensity - items[i].propensity)).toBeLessThanOrEqual(1e-12)
      })
    }
  })

  it('shows a decision with what came of it, once it is written', async () => {
    const { send, sent, deliver } = testWorker()
    await send('PUT', '/v1/entities/item', { records: films })
    await send('POST', '/v1/imports/item', { state: 'done' })
    const decided = (await (
      await send('POST', '/v1/decide/movies-home', { user: { id: 'u_42' } })
    ).json()) as Decided & { receipt: string }
    const { decisionId, items, receipt } = decided
    const path = `/v1/decisions/${decisionId}`
    const early = await send('GET', path)
    expect([early.status, early.headers.get('retry-after')]).toEqual([404, '2'])
    const events = [{ id: 'e1', type: 'click', item: items[0].id, receipt }]
    expect((await send('POST', '/v1/events', { events })).status).toBe(202)
    expect((await deliver(sent)).retried).toEqual([])
    const logged = (await (await send('GET', path)).json()) as Record<string, unknown>
    expect(logged).toMatchObject({
      decisionId,
      complete: true,
      items: items.map(({ id, score, propensity }) => ({ id, score, propensity })),
      outcomes: [{ id: 'e1', item: items[0].id, outcomes: ['click'] }],
    })
    expect(JSON.stringify(logged)).not.toContain('u_42')
  })
})

describe('the consumer in the Workers runtime', () => {
  it('acks what it has written, sets aside what it cannot read, and writes the same again', async () => {
    const { deliver } = testWorker()
    const bodies = [outcomeBody('a'), new Uint8Array(9), { json: true }, outcomeBody('b')]
    expect(await deliver(bodies)).toEqual({ acked: [0, 1, 2, 3], retried: [] })
    const keys = [...(await keysBelow('events/')), ...(await keysBelow('failed/'))]
    expect(keys.length).toBe(2)
    await deliver(bodies.slice(0, 1))
    expect((await keysBelow('events/')).length).toBe(2)
  })

  it('asks again for what it could not write, and for nothing else', async () => {
    const { deliver } = testWorker()
    const over = broken((key) => key.startsWith('events/'))
    expect(await deliver([outcomeBody('a'), 'x'], { over })).toEqual({ acked: [1], retried: [0] })
    expect(await deliver([outcomeBody('a')])).toEqual({ acked: [0], retried: [] })
  })

  it('sets dead letters aside, and sends them again when asked', async () => {
    const { deliver, send, sent } = testWorker()
    const queue = 'edgewheel-events-dead'
    const body = outcomeBody('a')
    expect(await deliver([body], { queue, over: broken(() => true) })).toMatchObject({
      retried: [0],
    })
    expect(await deliver([body], { queue })).toMatchObject({ acked: [0] })
    expect(await keysBelow('events/')).toEqual([])
    const report = await (await send('POST', '/v1/redrive', {})).json()
    expect(report).toMatchObject({ objects: 1, messages: 1 })
    expect(sent.map(parseMessage)).toEqual([parseMessage(body)])
    expect(await keysBelow('failed/')).toEqual([])
  })
})
