import { describe, expect, it } from 'vitest'
import { type AnsweredHead, jsonOf, testApp } from './fixtures/app.ts'
import { testDecider } from './fixtures/decider.ts'

const { decided, statusOf, faultsOf } = testDecider()

describe('decide', () => {
  it('answers with ten ranked items by default, and everything the contract lists', async () => {
    const answer = await decided({})
    expect(Object.keys(answer)).toEqual([
      'decisionId',
      'receipt',
      'useCase',
      'items',
      'model',
      'variant',
      'degraded',
    ])
    expect(answer).toMatchObject({
      decisionId: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7/),
      useCase: 'shop-home',
      model: null,
      variant: 'control',
      degraded: [],
    })
    expect(answer.items.map(({ position }) => position)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    expect(Object.keys(answer.items[0])).toEqual([
      'id',
      'position',
      'score',
      'propensity',
      'sources',
    ])
    expect(answer.items[0]).toMatchObject({ id: 'p1', propensity: 1, sources: ['best_sellers'] })
  })

  it('serves all candidates, up to 100, where it ranks what it is given; duplicates merge', async () => {
    const path = '/v1/decide/shop-rerank'
    const three = await decided({ candidates: ['p3', 'p1', { id: 'p3' }, 'unknown'] }, { path })
    expect(three.items.map(({ id }) => id).sort()).toEqual(['p1', 'p3', 'unknown'])
    const ids = Array.from({ length: 200 }, (_, i) => `p${i + 1}`)
    expect((await decided({ candidates: ids }, { path })).items).toHaveLength(100)
    expect((await decided({ candidates: [] }, { path })).items).toEqual([])
  })

  it('hears the first of two equal candidates that brings fields', async () => {
    const { items } = await decided(
      { candidates: ['p9', { id: 'p9', fields: { bm25: 9 } }, 'p1'], explain: true },
      { path: '/v1/decide/shop-rerank' },
    )
    const relevance = items[0].explanation?.heads?.click.contributions.find(
      ({ feature }) => feature === 'relevance',
    )
    expect(items[0].id).toBe('p9')
    expect(relevance).toMatchObject({ value: 9, status: 'present' })
  })

  it('asks for candidates where it needs them, and takes none where it does not', async () => {
    expect(await faultsOf({}, { path: '/v1/decide/shop-rerank' })).toEqual({
      status: 400,
      code: 'invalid_request',
      paths: ['candidates'],
    })
    expect(await faultsOf({ candidates: ['p1'] })).toMatchObject({
      status: 400,
      paths: ['candidates'],
    })
  })

  it('asks for the context that a use case needs, and refuses what it did not declare', async () => {
    const path = '/v1/decide/shop-similar'
    for (const body of [{}, { context: {} }, { context: { item: 3 } }])
      expect(await faultsOf(body, { path })).toMatchObject({ status: 400, paths: ['context.item'] })
    expect(await faultsOf({ context: { itme: 'p1' } })).toMatchObject({
      status: 400,
      paths: ['context.itme'],
    })
    expect(await statusOf({ context: { item: 'p1' } }, { path })).toBe(200)
  })

  it('leaves out what is excluded and filtered, and fills the page all the same', async () => {
    const { items } = await decided({
      exclude: ['p1', 'p4'],
      filter: {
        all: [
          { field: 'tags', eq: 'red' },
          { field: 'price', exists: true },
        ],
      },
      limit: 5,
      return: ['tags'],
    })
    expect(items).toHaveLength(5)
    for (const { id, fields } of items) {
      expect(['p1', 'p4']).not.toContain(id)
      expect(fields?.tags).toContain('red')
    }
  })

  it('returns fields as they were pushed, null where missing', async () => {
    const { items } = await decided({
      return: ['name', 'tags', 'price', 'price'],
      filter: { field: 'name', in: ['Product p1', 'Product p10'] },
    })
    expect(items.map(({ fields }) => fields)).toEqual([
      { name: 'Product p1', tags: ['any', 'red'], price: 9.99 },
      { name: 'Product p10', tags: ['any', 'red'], price: null },
    ])
  })

  it('refuses unknown fields with their place, for any key', async () => {
    expect(await faultsOf({ return: ['name', 'nmae'] })).toMatchObject({
      status: 400,
      paths: ['return[1]'],
    })
    const filter = { any: [{ field: 'name', eq: 'x' }, { not: { field: 'nmae', eq: 'x' } }] }
    expect(await faultsOf({ filter })).toMatchObject({
      status: 400,
      paths: ['filter.any[1].not.field'],
    })
  })

  it('lets only the secret key return and filter on what is not public', async () => {
    const pk = { key: 'pk_now' }
    for (const body of [{ return: ['margin'] }, { filter: { field: 'margin', gt: 1 } }]) {
      expect(await faultsOf(body, pk)).toMatchObject({ status: 403, code: 'forbidden' })
      expect(await statusOf(body)).toBe(200)
    }
  })

  it('explains with the publishable key only where the use case says so', async () => {
    const pk = { key: 'pk_now' }
    expect(await statusOf({ explain: true }, pk)).toBe(200)
    const similar = { path: '/v1/decide/shop-similar' }
    const body = { explain: true, context: { item: 'p1' } }
    expect(await faultsOf(body, { ...pk, ...similar })).toMatchObject({
      status: 403,
      paths: ['explain'],
    })
    expect(await statusOf(body, similar)).toBe(200)
  })

  it('explains each score exactly: raw is bias plus contributions in the order listed', async () => {
    const one = await decided({ explain: true, limit: 50, user: { attributes: { budget: 40 } } })
    for (const { explanation, score } of one.items) {
      const { raw, bias, contributions, link } = explanation as AnsweredHead
      expect(contributions.reduce((sum, { contribution }) => sum + contribution, bias)).toBe(raw)
      expect(link).toBe('logit')
      expect(score).toBe(1 / (1 + Math.exp(-raw)))
    }
    const candidates = ['p1', { id: 'p2', fields: { bm25: 0.3 } }, 'nobody']
    const two = await decided(
      { explain: true, candidates },
      { path: '/v1/decide/shop-rerank', key: 'pk_now' },
    )
    for (const { explanation, score } of two.items) {
      const heads = explanation?.heads ?? {}
      expect(Object.keys(heads)).toEqual(['click', 'buy'])
      for (const { raw, bias, contributions } of Object.values(heads))
        expect(contributions.reduce((sum, { contribution }) => sum + contribution, bias)).toBe(raw)
      expect(score).toBe(1 * heads.click.value + 5 * heads.buy.value)
    }
  })

  it('answers from the fallback with null scores where no page is there', async () => {
    const cold = testApp()
    cold.state.table = null
    const response = await cold.send({
      path: '/v1/decide/shop-home',
      body: { explain: true, return: ['name'] },
    })
    expect(response.status).toBe(200)
    const { items, degraded } = await jsonOf(response)
    expect(degraded).toContain('fallback')
    expect(items[0]).toEqual({
      id: 'p1',
      position: 1,
      score: null,
      propensity: 1,
      sources: ['fallback'],
      fields: { name: null },
      explanation: null,
    })
  })
})
