import { describe, expect, it } from 'vitest'
import { base64url } from '../../src/http/user-token.ts'
import { testApp } from './fixtures/app.ts'
import { testDecider } from './fixtures/decider.ts'
import { NOW_MS } from './fixtures/runtime.ts'

const { send, runtime, state, decided, statusOf, faultsOf, receiptOf } = testDecider()

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
