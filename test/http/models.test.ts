import { beforeEach, describe, expect, it } from 'vitest'
import { jsonOf, testApp } from './fixtures/app.ts'

let { send, state } = testApp()
beforeEach(() => {
  ;({ send, state } = testApp())
})

const path = '/v1/models/shop-home'
const artifact = (feature = 'sold', more: object = {}) => ({
  format: 'edgewheel/linear@1',
  useCase: 'shop-home',
  heads: [{ outcome: 'click', link: 'logit', bias: 0, terms: [{ feature, weight: 1 }] }],
  ...more,
})

describe('models', () => {
  it('are uploaded, listed, read and published', async () => {
    const uploaded = await send({ path, body: artifact() })
    expect(uploaded.status).toBe(201)
    expect(uploaded.headers.get('location')).toBe(`${path}/1`)
    expect(await jsonOf(uploaded)).toEqual({ useCase: 'shop-home', version: 1, status: 'stored' })
    expect(await jsonOf(await send({ path }))).toMatchObject({
      current: null,
      versions: [{ version: 1, createdAt: expect.any(Number), status: 'stored' }],
    })
    const stored = await jsonOf(await send({ path: `${path}/1` }))
    expect(stored.features).toEqual({ sold: expect.any(String) })
    for (const body of [undefined, {}, { force: true }]) {
      const published = await send({ method: 'POST', path: `${path}/1/publish`, body })
      expect(await jsonOf(published)).toEqual({ useCase: 'shop-home', current: 1 })
    }
  })

  it('are refused with every reason where they do not fit', async () => {
    for (const [body, at] of [
      [artifact('colour'), 'heads[0].terms[0].feature'],
      [artifact('sold', { features: { sold: 'other' } }), 'features.sold'],
      [JSON.stringify(artifact()).replace('"weight":1', '"weight":1e999'), 'heads[0].terms[0]'],
    ] as const) {
      const response = await send({ path, body })
      const { code, errors } = await jsonOf(response)
      expect([response.status, code]).toEqual([400, 'model_rejected'])
      expect(errors[0].path).toContain(at)
    }
  })

  it('that are no artifacts at all are malformed, however deep', async () => {
    const deep = `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`
    for (const body of [
      '[]',
      '3',
      'null',
      deep,
      JSON.stringify(artifact()).replace('"sold"', deep),
    ])
      expect((await send({ path, body })).status).toBe(400)
  })

  it('are 404 by versions that were never stored', async () => {
    for (const version of ['1', '0', '-1', '1.0', '01', 'x', '99999999999999999999'])
      expect((await send({ path: `${path}/${version}` })).status).toBe(404)
    expect((await send({ method: 'POST', path: `${path}/1/publish` })).status).toBe(404)
    expect(state.models.get('shop-home')?.current ?? null).toBeNull()
  })
})

describe('use cases', () => {
  it('are told as data', async () => {
    const { useCases } = await jsonOf<{ useCases: { id: string }[] }>(
      await send({ path: '/v1/use-cases' }),
    )
    expect(useCases.map(({ id }) => id)).toEqual([
      'shop-home',
      'shop-similar',
      'shop-rerank',
      'shop-signed',
    ])
    const one = await jsonOf(await send({ path: '/v1/use-cases/shop-home' }))
    expect(one).toMatchObject({
      owner: 'shop-team',
      features: [
        { name: 'sold', kind: 'number', hash: expect.any(String) },
        { name: 'tags', kind: 'category' },
        { name: 'affordable' },
        { name: 'on_phone' },
      ],
      generate: [{ name: 'best_sellers', limit: 100 }],
      model: null,
      variants: [{ id: 'control' }],
    })
    expect((await send({ path: '/v1/use-cases/nothing' })).status).toBe(404)
  })
})
