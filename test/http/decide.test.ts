import { describe, expect, it } from 'vitest'
import { verifyReceipt } from '../../src/core/receipt.ts'
import { base64url } from '../../src/http/user-token.ts'
import { type AnsweredHead, jsonOf, type Sent, testApp } from './fixtures/app.ts'
import { NOW_MS, testRuntime } from './fixtures/runtime.ts'

const { send, runtime, state } = testApp()

async function decided(body: unknown, sent: Partial<Sent> = {}) {
  const response = await send({ path: '/v1/decide/shop-home', body, ...sent })
  const answer = await jsonOf(response)
  expect(answer.status, JSON.stringify(answer)).toBeUndefined()
  return answer
}

async function statusOf(body: unknown, sent: Partial<Sent> = {}): Promise<number> {
  return (await send({ path: '/v1/decide/shop-home', body, ...sent })).status
}

async function faultsOf(body: unknown, sent: Partial<Sent> = {}) {
  const response = await send({ path: '/v1/decide/shop-home', body, ...sent })
  const { code, errors } = await jsonOf(response)
  const paths = (errors ?? []).map(({ path }) => path)
  return { status: response.status, code, paths }
}

const receiptOf = (receipt: string | null) =>
  verifyReceipt(receipt ?? '', runtime.receiptKeys, runtime.digests.equal)

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

describe('a user', () => {
  it('is known by a pseudonym beyond the edge', async () => {
    const { receipt } = await decided({ user: { id: 'u_42' } })
    const { user } = receiptOf(receipt)
    expect(user).toBe(runtime.pseudonym('u_42'))
    expect(user).toMatch(/^[\w-]{22}$/)
    expect(receipt).not.toContain(Buffer.from('u_42').toString('base64url'))
  })

  it('may override attributes for one decision; invalid ones count as missing, unknown ones as unsaid', async () => {
    await send({
      method: 'PUT',
      path: '/v1/entities/user',
      body: { records: [{ id: 'u_7', attributes: { budget: 12, city: 'Bonn' } }] },
    })
    const affordable = async (attributes?: unknown) => {
      const { items } = await decided({ user: { id: 'u_7', attributes }, explain: true, limit: 1 })
      return items[0].explanation?.contributions.find(({ feature }) => feature === 'affordable')
    }
    expect(await affordable()).toMatchObject({ value: 1, status: 'present' })
    expect(await affordable({ budget: 5 })).toMatchObject({ value: 0, status: 'present' })
    expect(await affordable({ budget: 'lots' })).toMatchObject({ value: 0 })
    expect((await affordable({ budget: 'lots' }))?.status).not.toBe('present')
    expect(await affordable({ shoeSize: 43, city: { deep: [1] } })).toMatchObject({ value: 1 })
  })

  it('needs a token of their own where the use case asks for one', async () => {
    const path = '/v1/decide/shop-signed'
    const pk = { path, key: 'pk_now' }
    const sign = (id: string, which = 0) => base64url(runtime.userTokens(id)[which])
    const user = (token?: string) => ({ user: { id: 'u_1', token } })
    expect(await faultsOf(user(), pk)).toEqual({
      status: 403,
      code: 'bad_token',
      paths: ['user.token'],
    })
    expect(await statusOf(user(sign('u_2')), pk)).toBe(403)
    expect(await statusOf(user('not a token'), pk)).toBe(403)
    expect(await statusOf(user(sign('u_1')), pk)).toBe(200)
    expect(await statusOf(user(`${sign('u_1')}=`), pk)).toBe(200)
    expect(await statusOf(user(sign('u_1', 1)), pk)).toBe(200)
    expect(await statusOf({}, pk)).toBe(200)
    expect(await statusOf(user(), { path })).toBe(200)
  })
})

describe('consent', () => {
  it('makes a guest of whoever does not want to be known', async () => {
    await send({
      method: 'PUT',
      path: '/v1/entities/user',
      body: { records: [{ id: 'u_9', attributes: { budget: 100 } }] },
    })
    state.storeReads = 0
    const known = await decided({ user: { id: 'u_9' } })
    expect(state.storeReads).toBe(1)
    expect(receiptOf(known.receipt)).toMatchObject({ consent: { personalize: true, train: true } })
    const guest = await decided({
      user: { id: 'u_9', attributes: { budget: 100 } },
      consent: { personalize: false },
      context: { recent: [{ type: 'click', item: 'p1', at: NOW_MS }] },
      explain: true,
    })
    expect(state.storeReads).toBe(1)
    expect(receiptOf(guest.receipt)).toMatchObject({ user: null, consent: { personalize: false } })
    expect(
      guest.items[0].explanation?.contributions.find(({ feature }) => feature === 'affordable'),
    ).toMatchObject({ status: 'missing' })
  })

  it('to training is withdrawn by Sec-GPC, whatever the body says', async () => {
    const body = { consent: { train: true } }
    const headers = { 'sec-gpc': '1' }
    expect(receiptOf((await decided(body)).receipt).consent.train).toBe(true)
    expect(receiptOf((await decided(body, { headers })).receipt).consent.train).toBe(false)
    expect(receiptOf((await decided({ consent: { train: false } })).receipt).consent.train).toBe(
      false,
    )
  })
})

describe('a preview', () => {
  it('has no receipt, and needs the secret key', async () => {
    expect((await decided({ preview: true })).receipt).toBeNull()
    expect(await faultsOf({ preview: true }, { key: 'pk_now' })).toMatchObject({
      status: 403,
      paths: ['preview'],
    })
  })
})

describe('the headers of a decision', () => {
  it('say no-store, the time for the secret key only, and that any page may read it', async () => {
    for (const key of ['sk_now', 'pk_now']) {
      const { headers } = await send({ path: '/v1/decide/shop-home', key, body: {} })
      expect(headers.get('cache-control')).toBe('no-store')
      expect(headers.get('access-control-allow-origin')).toBe('*')
      expect(headers.get('access-control-allow-credentials')).toBeNull()
      expect(headers.has('server-timing')).toBe(key === 'sk_now')
    }
  })
})

describe('a batch', () => {
  const path = '/v1/decide'

  it('answers in order, each use case by its own rules', async () => {
    const response = await send({
      path,
      body: {
        requests: [
          { useCase: 'shop-home', limit: 2 },
          { useCase: 'shop-rerank', candidates: ['p5'] },
        ],
      },
    })
    const { decisions } = await jsonOf(response)
    expect(decisions.map(({ useCase }) => useCase)).toEqual(['shop-home', 'shop-rerank'])
    expect(decisions[0].items.map(({ id }) => id)).toEqual(['p1', 'p4'])
  })

  it('shows no item twice where it is distinct', async () => {
    const shelf = { useCase: 'shop-home', limit: 4 }
    const itemsOf = async (distinct: boolean) => {
      const response = await send({ path, body: { requests: [shelf, shelf, shelf], distinct } })
      const { decisions } = await jsonOf(response)
      return decisions.flatMap(({ items }) => items.map(({ id }) => id))
    }
    expect(new Set(await itemsOf(false)).size).toBe(4)
    expect(new Set(await itemsOf(true)).size).toBe(12)
  })

  it('leads the path of an error with the place of its request', async () => {
    const good = { useCase: 'shop-home' }
    const faults = async (requests: unknown, more = {}) => faultsOf({ requests, ...more }, { path })
    expect(await faults([good, good, { ...good, candidates: ['p1'], foo: 1 }])).toEqual({
      status: 400,
      code: 'invalid_request',
      paths: ['requests[2].foo'],
    })
    expect(await faults([good, { ...good, filter: { field: 'x', eq: 1 } }])).toMatchObject({
      paths: ['requests[1].filter.field'],
    })
    expect(await faults([good, { limit: 3 }])).toMatchObject({
      status: 400,
      paths: ['requests[1].useCase'],
    })
    expect(await faults([good, { useCase: 'nothing' }])).toMatchObject({
      status: 404,
      paths: ['requests[1].useCase'],
    })
    expect(await faults([])).toMatchObject({ status: 400, paths: ['requests'] })
    expect(await faults([3])).toMatchObject({ status: 400, paths: ['requests[0]'] })
    expect(await faults([good], { distinct: 1 })).toMatchObject({ status: 400 })
    expect(await faults([{ ...good, limit: 101 }])).toMatchObject({
      status: 422,
      paths: ['requests[0].limit'],
    })
  })

  it('takes up to eight requests', async () => {
    const shelves = (count: number) => ({
      requests: Array.from({ length: count }, () => ({ useCase: 'shop-home', limit: 1 })),
    })
    expect((await send({ path, body: shelves(8) })).status).toBe(200)
    expect(await faultsOf(shelves(9), { path })).toMatchObject({
      status: 422,
      code: 'over_cap',
      paths: ['requests'],
    })
  })
})

describe('a rate limit', () => {
  it('answers 429 with Retry-After, per key and network, after the request is known to be good', async () => {
    const keys: string[] = []
    const limiter = {
      limit: async ({ key }: { key: string }) => ({ success: keys.push(key) <= 1 }),
    }
    const limited = testApp({ limiter })
    const ask = (address: string, body: unknown = {}) =>
      limited.send({
        path: '/v1/decide/shop-home',
        body,
        key: 'pk_now',
        headers: { 'cf-connecting-ip': address },
      })
    expect((await ask('192.0.2.7', { foo: 1 })).status).toBe(400)
    expect((await ask('192.0.2.7')).status).toBe(200)
    const refused = await ask('192.0.2.99')
    expect(refused.status).toBe(429)
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
    await ask('2001:DB8:0:1:2:3:4:5')
    await ask('2001:db8::1:2:3:4:6')
    expect(keys).toHaveLength(4)
    expect(keys[0]).toBe(keys[1])
    expect(keys[2]).toMatch(/:2001:db8:0:1$/)
    expect(keys[3]).toBe(keys[2])
    expect(keys.join()).not.toContain('pk_now')
  })
})

describe('a runtime of tests', () => {
  it('makes the same pseudonyms every time', () => {
    expect(testRuntime().runtime.pseudonym('u_42')).toBe(runtime.pseudonym('u_42'))
  })
})
