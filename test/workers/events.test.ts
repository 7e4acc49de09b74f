import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { describe, expect, it, vi } from 'vitest'
import type { OutcomeEvent } from '../../src/core/event-envelope.ts'
import type { Env } from '../../src/env.ts'
import worker from '../../src/index.ts'
import { moviesHome } from '../../src/use-cases/movies-home.ts'
import { parseMessage } from '../../src/wheel/message.ts'
import { createWorker } from '../../src/worker.ts'
import { Item, User } from '../../stages/entities.ts'
import { events, outcomes } from '../../stages/events.ts'

const SETTINGS: Env = {
  ...(env as unknown as Env),
  PUBLISHABLE_KEY: 'pk_test',
  SECRET_KEY: 'sk_test',
  SIGNING_SECRET: 'signing',
  IDENTITY_SECRET: 'identity',
}

/** The Worker before a queue that the test looks into. */
function withQueue(sendBatch: (events: OutcomeEvent[]) => Promise<void>) {
  const settings: Env = {
    ...SETTINGS,
    EVENTS: {
      async sendBatch(messages: Iterable<{ body: Uint8Array }>) {
        for (const { body } of messages) {
          const message = parseMessage(body)
          if ('kind' in message && message.kind === 'outcomes') await sendBatch([...message.events])
        }
      },
    } as unknown as Queue<Uint8Array>,
  }
  return async (path: string, body: unknown, headers: Record<string, string>) => {
    const context = createExecutionContext()
    const request = new Request(`https://edge.test${path}`, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
    })
    const response = await worker.fetch(
      request as Parameters<typeof worker.fetch>[0],
      settings,
      context,
    )
    await waitOnExecutionContext(context)
    return { status: response.status, ...((await response.json()) as Record<string, unknown>) }
  }
}

const json = { authorization: 'Bearer pk_test', 'content-type': 'application/json' }

describe('events in the Workers runtime', () => {
  it('count under the receipt of a decision, by JSON and by text', async () => {
    const stored: OutcomeEvent[] = []
    const send = withQueue(async (events) => void stored.push(...events))
    const { receipt, items } = (await send(
      '/v1/decide/movies-home',
      { user: { id: 'u_1' }, limit: 2, consent: { train: false } },
      json,
    )) as unknown as { receipt: string; items: { id: string }[] }
    const [{ id: first }, { id: second }] = items
    const events = [
      { id: 'e1', type: 'click', item: first, user: 'u_1', receipt, timestamp: Date.now() },
      { id: 'e2', type: 'impression', items: [{ id: first }, { id: second }], receipt },
      { id: 'e3', type: 'rate', item: second, value: 9, receipt },
      { id: 'e4', type: 'click', item: 'nowhere', user: 'u_1', receipt },
    ]
    expect(await send('/v1/events', { events }, json)).toEqual({
      status: 202,
      accepted: 3,
      rejected: [expect.objectContaining({ code: 'invalid_value', path: 'events[2].value' })],
      notCounted: [{ index: 3, id: 'e4', code: 'item_not_served' }],
    })
    expect(stored.map(({ id, item, position, voucher }) => [id, item, position, voucher])).toEqual([
      ['e1', first, 1, 'receipt'],
      ['e2', first, 1, 'receipt'],
      ['e2', second, 2, 'receipt'],
      ['e4', 'nowhere', null, null],
    ])
    for (const { user, consent, useCase } of stored) {
      expect(user).toMatch(/^[\w-]{22}$/)
      expect(consent).toEqual({ personalize: true, train: false })
      expect(useCase).toBe('movies-home')
    }
    const beacon = await send(
      '/v1/events',
      { key: 'pk_test', events: [events[0]] },
      { 'content-type': 'text/plain;charset=UTF-8' },
    )
    expect(beacon).toMatchObject({ status: 202, accepted: 1, notCounted: [] })
  })

  it('are in an outbox where the queue refuses them, and still accepted', async () => {
    const logged = vi.spyOn(console, 'error').mockImplementation(() => {})
    const send = withQueue(() => Promise.reject(new Error('no queue')))
    const event = { id: 'e1', type: 'click', item: '318', timestamp: Date.now() }
    const answer = await send(
      '/v1/events',
      { events: [event] },
      {
        ...json,
        authorization: 'Bearer sk_test',
      },
    )
    logged.mockRestore()
    expect(answer).toEqual({ status: 202, accepted: 1, rejected: [], notCounted: [] })
  })
})

describe('a project that contradicts itself does not start', () => {
  const project = { entities: [Item, User], events, outcomes, useCases: [moviesHome] }

  it.each([
    ['an objective of no outcome', { outcomes: outcomes.slice(1) }, /'click', which is no outcome/],
    ['an outcome of no event', { events: events.slice(0, 1) }, /there is no event 'click'/],
    ['two events of one name', { events: [...events, events[0]] }, /two events are named/],
  ])('%s', (_, change, message) => {
    expect(() => createWorker({ ...project, ...change })).toThrow(message)
  })
})
