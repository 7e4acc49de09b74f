import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import type { Env } from '../../src/env.ts'
import worker from '../../src/index.ts'

const SETTINGS: Env = {
  ...(env as unknown as Env),
  PUBLISHABLE_KEY: 'pk_test',
  SECRET_KEY: 'sk_test',
  SIGNING_SECRET: 'signing',
  IDENTITY_SECRET: 'identity',
}

async function send(
  method: string,
  path: string,
  body?: unknown,
  { key = 'sk_test', settings = SETTINGS } = {},
): Promise<Response> {
  const context = createExecutionContext()
  const request = new Request(`https://edge.test${path}`, {
    method,
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const response = await worker.fetch(
    request as Parameters<typeof worker.fetch>[0],
    settings,
    context,
  )
  await waitOnExecutionContext(context)
  return response
}

async function sent<T>(...call: Parameters<typeof send>): Promise<T> {
  return (await (await send(...call)).json()) as T
}

const eventually = (check: () => Promise<void>) =>
  vi.waitFor(check, { timeout: 15_000, interval: 200 })

interface Decided {
  readonly items: {
    id: string
    score: number | null
    fields: Record<string, unknown>
    explanation: { raw: number; bias: number; contributions: { contribution: number }[] }
  }[]
  readonly degraded: string[]
  readonly receipt: string
}

const films = Array.from({ length: 120 }, (_, i) => ({
  id: `${i + 1}`,
  attributes: {
    title: `Film ${i + 1}`,
    genres: i % 2 ? ['Comedy'] : ['Drama', 'War'],
    ...(i % 10 ? { year: 1980 + (i % 40) } : {}),
    batch_positives: 1_000 - i,
  },
}))

describe('the Worker', () => {
  beforeAll(async () => {
    expect((await send('GET', '/readyz')).status).toBe(503)
    await send('POST', '/v1/imports/item', { state: 'running' })
    const put = await sent('PUT', '/v1/entities/item', { records: films })
    expect(put).toEqual({ accepted: 120, rejected: [], ignored: [] })
    expect((await send('GET', '/readyz')).status).toBe(503)
    await send('POST', '/v1/imports/item', { state: 'done' })
    await eventually(async () => expect((await send('GET', '/readyz')).status).toBe(200))
  })

  it('decides over records that were put a moment ago', async () => {
    const body = {
      limit: 20,
      return: ['title', 'genres', 'year'],
      explain: true,
      filter: { field: 'genres', eq: 'War' },
      exclude: ['1'],
    }
    const { items, degraded, receipt } = await sent<Decided>(
      'POST',
      '/v1/decide/movies-home',
      body,
      { key: 'pk_test' },
    )
    expect(degraded).toEqual([])
    expect(receipt).toMatch(/^r1\./)
    expect(items).toHaveLength(20)
    for (const { id, score, fields, explanation } of items) {
      expect(id).not.toBe('1')
      expect(score).not.toBeNull()
      expect(fields).toMatchObject({ title: `Film ${id}`, genres: ['Drama', 'War'] })
      const { raw, bias, contributions } = explanation
      expect(contributions.reduce((sum, { contribution }) => sum + contribution, bias)).toBe(raw)
    }
  })

  it('reads a user by pseudonym from the store', async () => {
    const liked = { batch_seen: ['2', '4'], batch_recent_items: ['4', '2'] }
    await send('PUT', '/v1/entities/user', { records: [{ id: 'u_1', attributes: liked }] })
    const record = await sent<{ id: string; fields: Record<string, { value: unknown }> }>(
      'GET',
      '/v1/entities/user/u_1',
    )
    expect(record.fields.batch_seen.value).toEqual(['2', '4'])
    await eventually(async () => {
      const { items } = await sent<Decided>('POST', '/v1/decide/movies-home', {
        user: { id: 'u_1' },
        limit: 100,
      })
      expect(items.filter(({ id }) => id === '2' || id === '4')).toEqual([])
    })
  })

  it('uploads, publishes and lists a model, and describes the chain', async () => {
    const artifact = {
      format: 'edgewheel/linear@1',
      useCase: 'movies-similar',
      heads: [
        { outcome: 'click', link: 'logit', bias: 0, terms: [{ feature: 'popularity', weight: 1 }] },
      ],
    }
    expect((await send('POST', '/v1/models/movies-similar', artifact)).status).toBe(201)
    expect((await send('POST', '/v1/models/movies-similar/1/publish')).status).toBe(200)
    expect(await sent('GET', '/v1/models/movies-similar')).toMatchObject({ current: 1 })
    expect((await send('GET', '/v1/models/movies-similar/1')).status).toBe(200)
    const bad = { ...artifact, features: { popularity: 'other' } }
    expect(await sent('POST', '/v1/models/movies-similar', bad)).toMatchObject({
      code: 'model_rejected',
    })
    expect(await sent('GET', '/v1/use-cases/movies-similar')).toMatchObject({
      features: expect.arrayContaining([expect.objectContaining({ name: 'popularity' })]),
    })
  })

  it('hides a record that was deleted', async () => {
    expect((await send('DELETE', '/v1/entities/item/7')).status).toBe(204)
    expect((await send('GET', '/v1/entities/item/7')).status).toBe(404)
  })

  it('takes a stream without a length only up to the cap', async () => {
    const chunk = new TextEncoder().encode('x'.repeat(8 * 1024))
    let sentChunks = 0
    const body = new ReadableStream({
      pull(controller) {
        if (sentChunks++ < 1_000) controller.enqueue(chunk)
        else controller.close()
      },
    })
    const request = new Request('https://edge.test/v1/decide/movies-home', {
      method: 'POST',
      body,
      headers: { authorization: 'Bearer sk_test', 'content-type': 'application/json' },
    })
    const response = await worker.fetch(
      request as Parameters<typeof worker.fetch>[0],
      SETTINGS,
      createExecutionContext(),
    )
    expect(response.status).toBe(413)
    expect(sentChunks).toBeLessThan(20)
  })

  it('serves its document, and asks its assets for the page', async () => {
    const asked: string[] = []
    const settings = {
      ...SETTINGS,
      ASSETS: {
        fetch: async (request: Request) => {
          asked.push(new URL(request.url).pathname)
          return new Response('asset')
        },
      } as unknown as Fetcher,
    }
    const document = await send('GET', '/openapi.json')
    expect(document.headers.get('content-type')).toBe('application/json')
    expect(await document.json()).toMatchObject({ openapi: '3.1.0' })
    expect((await send('GET', '/docs', undefined, { settings })).status).toBe(200)
    expect((await send('GET', '/docs/start.js', undefined, { settings })).status).toBe(200)
    expect((await send('GET', '/anything.js', undefined, { settings })).status).toBe(404)
    expect(asked).toEqual(['/docs/', '/docs/start.js'])
  })

  it('does not start without its secrets, and says which are missing', async () => {
    const settings = { ...SETTINGS, SECRET_KEY: '', IDENTITY_SECRET: '' }
    const response = await send('GET', '/livez', undefined, { settings })
    expect(response.status).toBe(503)
    expect(await response.json()).toMatchObject({
      code: 'not_configured',
      detail: expect.stringMatching(/SECRET_KEY is not set; IDENTITY_SECRET is not set/),
    })
  })
})
