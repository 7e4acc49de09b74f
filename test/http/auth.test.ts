import { describe, expect, it } from 'vitest'
import { secretsOf } from '../../src/http/secrets.ts'
import { testApp } from './fixtures/app.ts'
import { SETTINGS } from './fixtures/runtime.ts'

const { send } = testApp()
const decide = { path: '/v1/decide/shop-home', body: {} }

describe('a key', () => {
  it('may be the current one or the one before it', async () => {
    for (const key of ['pk_now', 'pk_before', 'sk_now', 'sk_before'])
      expect((await send({ ...decide, key })).status).toBe(200)
    for (const key of ['sk_now', 'sk_before'])
      expect((await send({ path: '/v1/use-cases', key })).status).toBe(200)
    for (const key of ['pk_now', 'pk_before'])
      expect((await send({ path: '/v1/use-cases', key })).status).toBe(403)
  })

  it.each([
    null,
    '',
    'pk_',
    'pk_no',
    'pk_noww',
    'PK_NOW',
    'sk_now sk_now',
    'sk_now, Bearer sk_now',
    'x'.repeat(5_000),
  ])('is not %j', async (key) => {
    const response = await send({ ...decide, key })
    expect(response.status).toBe(401)
    expect(response.headers.get('www-authenticate')).toBe('Bearer')
  })

  it('comes by the Bearer scheme, in any case, and no other way', async () => {
    const by = (authorization: string) => send({ ...decide, key: null, headers: { authorization } })
    expect((await by('bearer pk_now')).status).toBe(200)
    expect((await by('BEARER  pk_now')).status).toBe(200)
    expect((await by('Basic pk_now')).status).toBe(401)
    expect((await by('pk_now')).status).toBe(401)
    expect((await send({ ...decide, path: `${decide.path}?key=pk_now`, key: null })).status).toBe(
      401,
    )
  })

  it('is asked for on every route but the open ones', async () => {
    for (const path of ['/livez', '/readyz', '/openapi.json', '/docs', '/'])
      expect((await send({ path, key: null })).status).toBe(200)
    for (const path of ['/v1/use-cases', '/v1/models/shop-home', '/v1/entities/product/p1'])
      expect((await send({ path, key: null })).status).toBe(401)
  })
})

describe('CORS', () => {
  it('lets any page ask a public route, without credentials', async () => {
    for (const path of ['/v1/decide/shop-home', '/v1/decide']) {
      const response = await send({ method: 'OPTIONS', path, key: null })
      expect(response.status).toBe(204)
      expect(response.headers.get('access-control-allow-origin')).toBe('*')
      expect(response.headers.get('access-control-allow-methods')).toContain('POST')
      expect(response.headers.get('access-control-allow-headers')?.toLowerCase()).toContain(
        'authorization',
      )
      expect(response.headers.has('access-control-allow-credentials')).toBe(false)
    }
  })

  it('is on the errors of public routes too, so that a page can read them', async () => {
    for (const sent of [
      { ...decide, key: null },
      { ...decide, body: '{' },
      { ...decide, method: 'PUT' },
    ])
      expect((await send(sent)).headers.get('access-control-allow-origin')).toBe('*')
  })

  it('is on no secret route', async () => {
    for (const sent of [
      { method: 'OPTIONS', path: '/v1/entities/product', key: null },
      { path: '/v1/use-cases' },
      { path: '/v1/use-cases', key: null },
      { path: '/v1/entities/product/p1' },
      { method: 'PATCH', path: '/v1/entities/product/p1' },
    ]) {
      const names = [...(await send(sent)).headers.keys()]
      expect(names.filter((name) => name.startsWith('access-control'))).toEqual([])
    }
  })
})

describe('the secrets of a Worker', () => {
  it.each([
    'PUBLISHABLE_KEY',
    'SECRET_KEY',
    'SIGNING_SECRET',
    'IDENTITY_SECRET',
  ])('must have %s', (name) => {
    for (const value of [undefined, ''])
      expect(() => secretsOf({ ...SETTINGS, [name]: value })).toThrow(`${name} is not set`)
  })

  it('have keys that say what they are', () => {
    for (const name of [
      'PUBLISHABLE_KEY',
      'SECRET_KEY',
      'PUBLISHABLE_KEY_PREVIOUS',
      'SECRET_KEY_PREVIOUS',
    ])
      expect(() => secretsOf({ ...SETTINGS, [name]: 'nonsense' })).toThrow(
        `${name} does not begin with`,
      )
  })

  it('sign receipts with the current secret, and name it without giving it away', () => {
    const { receiptKeys } = secretsOf(SETTINGS)
    const [before] = secretsOf({
      ...SETTINGS,
      SIGNING_SECRET: SETTINGS.SIGNING_SECRET_PREVIOUS,
      SIGNING_SECRET_PREVIOUS: undefined,
    }).receiptKeys
    expect(receiptKeys.map(({ id }) => id)).toEqual([receiptKeys[0].id, before.id])
    expect(receiptKeys[0].id).toMatch(/^[\w-]{8}$/)
    expect(receiptKeys[0].mac('x')).not.toEqual(before.mac('x'))
  })

  it('keep pseudonyms when all else rotates', () => {
    const rotated = {
      ...SETTINGS,
      PUBLISHABLE_KEY: 'pk_next',
      SECRET_KEY: 'sk_next',
      SIGNING_SECRET: 'next',
    }
    expect(secretsOf(rotated).pseudonym('u_1')).toBe(secretsOf(SETTINGS).pseudonym('u_1'))
  })
})
