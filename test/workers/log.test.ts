import { reset, runDurableObjectAlarm } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from 'vitest'
import type { Env } from '../../src/env.ts'
import { outboxNames } from '../../src/wheel/outbox.ts'
import { testWorker } from './wheel-fixture.ts'

const { OUTBOX, EVENTS } = env as unknown as Env

const down = () => {
  throw new Error('queue: 500')
}

async function waiting(): Promise<number> {
  const states = await Promise.all(outboxNames().map((name) => OUTBOX.getByName(name).state()))
  return states.reduce((sum, { messages }) => sum + messages, 0)
}

let errors: MockInstance

beforeEach(() => {
  errors = vi.spyOn(console, 'error').mockImplementation(() => {})
  // Nothing of a test reaches the real consumer.
  vi.spyOn(Object.getPrototypeOf(EVENTS), 'sendBatch').mockImplementation(async () => {})
})
afterEach(async () => {
  vi.restoreAllMocks()
  await reset()
})

describe('a decision', () => {
  it('is sent once, after its answer, and a preview never', async () => {
    const { send, sent } = testWorker()
    expect((await send('POST', '/v1/decide/movies-home', {})).status).toBe(200)
    expect(sent.length).toBe(1)
    expect((await send('POST', '/v1/decide/movies-home', { preview: true })).status).toBe(200)
    expect(sent.length).toBe(1)
  })

  it('is answered where the queue is down, and waits in an outbox', async () => {
    const { send } = testWorker(down)
    expect((await send('POST', '/v1/decide/movies-home', {})).status).toBe(200)
    expect(await waiting()).toBe(1)
    for (const name of outboxNames()) await runDurableObjectAlarm(OUTBOX.getByName(name))
    expect(await waiting()).toBe(0)
    expect(Object.getPrototypeOf(EVENTS).sendBatch).toHaveBeenCalledTimes(1)
  })

  it('is answered where the outbox is down, too, and counted as lost', async () => {
    const worker = testWorker(down)
    const OUTBOX = { getByName: down } as unknown as Env['OUTBOX']
    Object.assign(worker.settings, { OUTBOX })
    expect((await worker.send('POST', '/v1/decide/movies-home', {})).status).toBe(200)
    expect(errors).toHaveBeenCalledWith('lost 1 messages:', expect.anything())
  })
})

describe('an event', () => {
  const body = { events: [{ id: 'e1', type: 'click', item: '1' }] }

  it('is in the queue when it is accepted', async () => {
    const { send, sent } = testWorker()
    expect((await send('POST', '/v1/events', body)).status).toBe(202)
    expect(sent.length).toBe(1)
  })

  it('is in an outbox when it is accepted where the queue is down', async () => {
    const { send, sent } = testWorker(down)
    expect((await send('POST', '/v1/events', body)).status).toBe(202)
    expect(sent.length).toBe(0)
    expect(await waiting()).toBe(1)
  })

  it('is not accepted where both are', async () => {
    const worker = testWorker(down)
    Object.assign(worker.settings, { OUTBOX: { getByName: down } })
    const response = await worker.send('POST', '/v1/events', body)
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '1'])
  })
})
