import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import type { Env } from '../../src/env.ts'
import { moviesHome } from '../../src/use-cases/movies-home.ts'
import { createWorker } from '../../src/worker.ts'
import { Item, User } from '../../stages/entities.ts'
import { events, outcomes } from '../../stages/events.ts'

const SECRETS = {
  PUBLISHABLE_KEY: 'pk_test',
  SECRET_KEY: 'sk_test',
  SIGNING_SECRET: 'signing',
  IDENTITY_SECRET: 'identity',
}

interface Answer {
  readonly items: readonly {
    readonly id: string
    readonly propensity: number
    readonly score: number | null
  }[]
  readonly model: string | null
  readonly receipt: string
  readonly degraded: readonly string[]
}

/** A fresh Worker, as a new isolate would make it, whose KV answers every call like this. */
async function decide(answer: () => Promise<unknown>, body: unknown) {
  const { handler } = createWorker({
    entities: [Item, User],
    events,
    outcomes,
    useCases: [moviesHome],
  })
  const calls = { count: 0 }
  const broken = new Proxy({} as KVNamespace, {
    get: () => () => {
      calls.count++
      return answer()
    },
  })
  const context = createExecutionContext()
  const response = await handler.fetch(
    new Request('https://edge.example/v1/decide/movies-home', {
      method: 'POST',
      headers: { authorization: 'Bearer pk_test', 'content-type': 'application/json' },
      body: JSON.stringify(body),
    }) as Parameters<typeof handler.fetch>[0],
    { ...(env as unknown as Env), ...SECRETS, FEATURES: broken },
    context,
  )
  return { response, body: (await response.json()) as Answer, calls, context }
}

describe('KV that fails every call, in a fresh isolate', () => {
  const fails = () => Promise.reject(new Error('KV GET failed: 503 Service Unavailable'))

  it.each([
    ['a guest', {}],
    ['a known user', { user: { id: 'u_42' } }],
  ])('leaves %s a page from the fallback', async (_, asked) => {
    const { response, body, calls, context } = await decide(fails, asked)
    expect(response.status).toBe(200)
    expect(body.items.map(({ id }) => id)).toEqual(moviesHome.fallback.slice(0, 10))
    expect(body.items.every(({ propensity, score }) => propensity === 1 && score === null)).toBe(
      true,
    )
    expect(body.degraded).toContain('fallback')
    expect(body.model).toBeNull()
    expect(body.receipt).toMatch(/^r1\./)
    expect(calls.count).toBeGreaterThan(0)
    await waitOnExecutionContext(context)
  })
})

describe('KV that hangs on every call, in a fresh isolate', () => {
  it('leaves a page from the fallback', async () => {
    const { response, body } = await decide(() => new Promise(() => {}), {
      user: { id: 'u_42' },
      exclude: ['318'],
    })
    expect(response.status).toBe(200)
    expect(body.items.map(({ id }) => id)).toEqual(moviesHome.fallback.slice(1, 11))
    expect(body.degraded).toContain('fallback')
  })
})
