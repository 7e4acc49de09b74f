import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { uuidv7 } from '../../src/core/decision-id.ts'
import { decisionAnswers } from '../../src/http/decisions-document.ts'
import { parseArtifact } from '../../src/model/artifact.ts'
import { collect, collectDead } from '../../src/wheel/collect.ts'
import { outcomeMessages } from '../../src/wheel/message.ts'
import { batchOf, outcomeEvent } from '../fixtures/lake.ts'
import { testApp } from './fixtures/app.ts'
import { NOW_MS } from './fixtures/runtime.ts'

interface Logged {
  readonly decisionId: string
  readonly request: { readonly user: { readonly id?: string }; readonly exclude: string[] }
  readonly items: {
    readonly id: string
    readonly features: Record<string, unknown>
    readonly explanation: unknown
  }[]
  readonly pool: { id: string; sources: string[]; score: number }[]
  readonly dropped: unknown[]
  readonly outcomes: { id: string; outcomes: string[] }[]
}

/** An app, and the consumer of what it sends. */
function testWheel() {
  const app = testApp()
  const { send, state, runtime } = app
  return {
    ...app,
    async decided(body: unknown, path = '/v1/decide/shop-home') {
      const response = await send({ path, body })
      expect(response.status).toBe(200)
      return (await response.json()) as Record<string, unknown> & { decisionId: string }
    },
    async collected(more: readonly Uint8Array[] = []) {
      const batch = batchOf([...state.published.splice(0), ...more])
      await collect(batch, { bucket: runtime.lake })
      return batch.verdicts()
    },
    logged: (id: string) => send({ path: `/v1/decisions/${id}` }),
  }
}

const schema = decisionAnswers.LoggedDecision

describe('GET /v1/decisions/{decisionId}', () => {
  it('gives back what was served, and why', async () => {
    const { decided, collected, logged } = testWheel()
    const answer = await decided({
      ...{ user: { id: 'u_42', attributes: { budget: 20 } }, limit: 5, explain: true },
      ...{ exclude: ['p2'], context: { device: 'phone' } },
    })
    expect(await collected()).toEqual(['acked'])
    const response = await logged(answer.decisionId)
    expect(response.status).toBe(200)
    const body = (await response.json()) as Logged
    expect(z.prettifyError(schema.safeParse(body).error ?? new z.ZodError([]))).toBe('')
    const { items, model, variant, degraded, useCase } = answer
    expect(body).toMatchObject({ model, variant, degraded, useCase, decidedAt: NOW_MS })
    expect(body.items.map(({ features, ...item }) => item)).toEqual(items)
    expect(body.items[0].features).toEqual({
      sold: { value: Math.fround(Math.log1p(1_000)), status: 'present' },
      tags: { value: ['any', 'red'], status: 'present' },
      affordable: { value: 1, status: 'present' },
      on_phone: { value: 1, status: 'present' },
    })
    expect(body.request.user.id).toMatch(/^[\w-]{22}$/)
    expect(JSON.stringify(body)).not.toContain('u_42')
    expect(body.request.exclude).toEqual(['p2'])
    expect(body.pool.length).toBe(100)
    expect(body.pool[0]).toMatchObject({ sources: ['best_sellers'] })
    expect(body.outcomes).toEqual([])
  })

  it('tells what came of it: what counts, as which outcome, and what does not', async () => {
    const { decided, collected, logged } = testWheel()
    const { decisionId } = await decided({})
    const about = { decisionId, item: 'p1', receivedMs: NOW_MS, eventTimeMs: NOW_MS }
    const messages = outcomeMessages([
      outcomeEvent({ ...about, id: 'a', type: 'click' }),
      outcomeEvent({ ...about, id: 'b', type: 'click', trust: 'bad_receipt', voucher: null }),
      outcomeEvent({
        ...about,
        id: 'c',
        type: 'click',
        decisionId: uuidv7(NOW_MS, new Uint8Array(10)),
      }),
    ]).map(({ bytes }) => bytes)
    await collected(messages)
    await collected(messages)
    const body = (await (await logged(decisionId)).json()) as Logged
    expect(body.outcomes.map(({ id, outcomes }) => [id, outcomes])).toEqual([
      ['a', ['click']],
      ['b', []],
    ])
    expect(schema.safeParse(body).success).toBe(true)
  })

  it('explains with the model that served, and not with what the chain has become', async () => {
    const { decided, collected, logged, runtime } = testWheel()
    const { decisionId } = await decided({ candidates: ['p1', 'x'] }, '/v1/decide/shop-rerank')
    await collected()
    const before = (await (await logged(decisionId)).json()) as Logged
    expect(before.items[0].explanation).toMatchObject({ heads: { click: {}, buy: {} } })
    const plan = runtime.plans.get('shop-rerank')!
    Object.assign(plan, { fingerprint: 'another' })
    const after = (await (await logged(decisionId)).json()) as Logged
    expect(after.items[0].explanation).toBe(null)
    expect(after.items.map(({ features }) => features)).toEqual(
      before.items.map(({ features }) => features),
    )
  })

  it('explains with the version that served, whatever serves now', async () => {
    const { send, decided, collected, logged, runtime } = testWheel()
    const { useCase } = runtime.plans.get('shop-home')!
    const artifact = (weight: number) => ({
      format: 'edgewheel/linear@1',
      useCase: 'shop-home',
      heads: [{ outcome: 'click', link: 'logit', bias: 0, terms: [{ feature: 'sold', weight }] }],
    })
    for (const weight of [2, 5])
      await send({ path: '/v1/models/shop-home', body: artifact(weight) })
    const stored = await runtime.registry.artifact('shop-home', 1)
    const parsed = parseArtifact(stored, useCase)
    if ('rejected' in parsed) throw new Error('rejected')
    const scorer = useCase.score.bind(useCase.featurize, useCase.objective, parsed.model)
    const serving = { version: 'shop-home@1', scorer }
    Object.assign(runtime.models, { read: async () => ({ serving, rejected: null }) })
    const answer = await decided({ explain: true })
    await collected()
    const body = (await (await logged(answer.decisionId)).json()) as Logged
    expect(body).toMatchObject({ model: 'shop-home@1' })
    expect(body.items.map(({ features, ...item }) => item)).toEqual(answer.items)
    expect(body.items[0].explanation).toMatchObject({ contributions: [{ weight: 2 }] })
  })

  it('is 404 with Retry-After until it has been written, and without for what is no decision', async () => {
    const { decided, collected, logged, send } = testWheel()
    const { decisionId } = await decided({})
    const early = await logged(decisionId)
    expect([early.status, early.headers.get('retry-after')]).toEqual([404, '2'])
    await collected()
    expect((await logged(decisionId)).status).toBe(200)
    const never = await logged('e1')
    expect([never.status, never.headers.get('retry-after')]).toEqual([404, null])
    expect((await send({ path: `/v1/decisions/${decisionId}`, key: 'pk_now' })).status).toBe(403)
  })

  it('finds every decision of a batch, and no preview', async () => {
    const { send, collected, logged, state } = testWheel()
    const requests = [{ useCase: 'shop-home' }, { useCase: 'shop-home', preview: true }]
    const response = await send({ path: '/v1/decide', body: { requests, distinct: true } })
    const { decisions } = (await response.json()) as { decisions: { decisionId: string }[] }
    expect(state.published.length).toBe(1)
    await collected()
    const found = await Promise.all(decisions.map(({ decisionId }) => logged(decisionId)))
    expect(found.map(({ status }) => status)).toEqual([200, 404])
  })
})

describe('POST /v1/redrive', () => {
  it('sends again what was set aside, once', async () => {
    const { send, state, runtime } = testWheel()
    const bodies = ['a', 'b'].map((id) => outcomeMessages([outcomeEvent({ id })])[0].bytes)
    await collectDead(batchOf(bodies), { bucket: runtime.lake })
    const redrive = async (body?: unknown) =>
      (await send({ method: 'POST', path: '/v1/redrive', body })).json()
    expect(await redrive({ date: '2020-01-01' })).toMatchObject({ objects: 0 })
    const report = { objects: 1, messages: 2, kept: [], next: null, before: NOW_MS }
    expect(await redrive()).toEqual(report)
    expect(state.published.length).toBe(2)
    expect(await redrive({ before: NOW_MS })).toMatchObject({ objects: 0, messages: 0 })
  })

  it('refuses what it does not understand', async () => {
    const { send } = testWheel()
    for (const body of [
      { date: 'yesterday' },
      { before: 'soon' },
      { dates: [] },
      { after: 'events/' },
      [],
    ])
      expect((await send({ path: '/v1/redrive', body })).status).toBe(400)
    expect((await send({ path: '/v1/redrive', body: {}, key: 'pk_now' })).status).toBe(403)
  })
})
