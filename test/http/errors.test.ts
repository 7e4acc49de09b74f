import { describe, expect, it } from 'vitest'
import { jsonOf, type Sent, testApp } from './fixtures/app.ts'

const { send } = testApp()

const KB_64 = 64 * 1024
const MB_4 = 4 * 1024 * 1024
const text = { 'content-type': 'text/plain' }

/**
 * Each request commits the fault of its row and every later one that it can: what answers is the order
 * of the API's errors.
 */
const ORDER: readonly (readonly [string, number, string, Sent])[] = [
  [
    'an unknown route before a missing key',
    404,
    'unknown_route',
    { method: 'POST', path: '/v1/nothing', key: null, body: '{', headers: text },
  ],
  [
    'a missing key before the media type',
    401,
    'unauthorized',
    { path: '/v1/decide/nothing', key: null, body: '{', headers: text },
  ],
  [
    'an unknown key before the media type',
    401,
    'unauthorized',
    { path: '/v1/decide/nothing', key: 'pk_other', body: '{', headers: text },
  ],
  [
    'the wrong kind of key before the media type',
    403,
    'forbidden',
    { method: 'PUT', path: '/v1/entities/nothing', key: 'pk_now', body: '{', headers: text },
  ],
  [
    'the media type before the size',
    415,
    'unsupported_media_type',
    { path: '/v1/decide/nothing', body: 'x'.repeat(KB_64 + 1), headers: text },
  ],
  [
    'the size before an unknown use case',
    413,
    'too_large',
    { path: '/v1/decide/nothing', body: 'x'.repeat(KB_64 + 1) },
  ],
  [
    'the size before an unknown entity',
    413,
    'too_large',
    { method: 'PUT', path: '/v1/entities/nothing', body: 'x'.repeat(MB_4 + 1) },
  ],
  [
    'an unknown use case before malformed JSON',
    404,
    'unknown_use_case',
    { path: '/v1/decide/nothing', body: '{' },
  ],
  [
    'an unknown use case of a batch before its schema',
    404,
    'unknown_use_case',
    { path: '/v1/decide', body: { requests: [{ useCase: 'nothing', foo: 1 }] } },
  ],
  [
    'an unknown entity before malformed JSON',
    404,
    'unknown_entity',
    { method: 'PUT', path: '/v1/entities/nothing', body: '{' },
  ],
  [
    'an unknown use case of a model before malformed JSON',
    404,
    'unknown_use_case',
    { path: '/v1/models/nothing', body: '{' },
  ],
  [
    'an unknown version before malformed JSON',
    404,
    'unknown_id',
    { path: '/v1/models/shop-home/7/publish', body: '{' },
  ],
  ['malformed JSON', 400, 'malformed_json', { path: '/v1/decide/shop-home', body: '{' }],
  [
    'a schema error before a refusal and a cap',
    400,
    'invalid_request',
    {
      path: '/v1/decide/shop-similar',
      key: 'pk_now',
      body: { foo: 1, limit: 101, return: ['margin'], explain: true, context: { item: 'p1' } },
    },
  ],
  [
    'a refusal before a cap',
    403,
    'forbidden',
    {
      path: '/v1/decide/shop-similar',
      key: 'pk_now',
      body: { limit: 101, return: ['margin'], context: { item: 'p1' } },
    },
  ],
  ['a cap', 422, 'over_cap', { path: '/v1/decide/shop-home', body: { limit: 101 } }],
]

describe('the order of errors', () => {
  it.each(ORDER)('says %s', async (_, status, code, sent) => {
    const response = await send(sent)
    const problem = await jsonOf(response)
    expect(problem).toMatchObject({ status, code, instance: sent.path })
    expect(response.status).toBe(status)
    expect(response.headers.get('content-type')).toBe('application/problem+json')
  })
})

describe('an error', () => {
  it('is 405 with Allow for a wrong method on a known path', async () => {
    const response = await send({ method: 'GET', path: '/v1/decide/shop-home' })
    expect(response.status).toBe(405)
    expect(response.headers.get('allow')).toBe('POST, OPTIONS')
    expect(response.headers.get('content-type')).toBe('application/problem+json')
    expect((await send({ method: 'DELETE', path: '/livez' })).headers.get('allow')).toBe(
      'GET, HEAD, OPTIONS',
    )
  })

  it('lists an unknown key with its path, each on its own', async () => {
    const response = await send({
      path: '/v1/decide/shop-rerank',
      body: {
        candidates: ['p1', 'p2', 'p3', { id: 'p4', di: 'p4' }],
        user: { name: 'Ann' },
        foo: 1,
      },
    })
    expect((await jsonOf(response)).errors).toEqual([
      { path: 'user.name', message: 'unknown key' },
      { path: 'candidates[3].di', message: 'unknown key' },
      { path: 'foo', message: 'unknown key' },
    ])
  })

  it('treats __proto__ and constructor like any other unknown key', async () => {
    const response = await send({
      path: '/v1/decide/shop-home',
      body: '{"__proto__":{"limit":3},"constructor":{},"context":{"__proto__":{"device":"phone"}}}',
    })
    expect(response.status).toBe(400)
    const paths = (await jsonOf(response)).errors.map(({ path }) => path)
    expect(paths.sort()).toEqual(['__proto__', 'constructor', 'context.__proto__'])
  })

  it('is 404 or 400 for malformed escapes in a path', async () => {
    expect((await send({ path: '/v1/decide/%E0%A4%A', body: {} })).status).toBe(404)
    expect((await send({ path: '/v1/entities/product/%zz' })).status).toBe(400)
    expect((await send({ path: '/v1/entities/%zz/p1' })).status).toBe(404)
    expect((await send({ path: '/v1/models/shop-home/%ff' })).status).toBe(404)
  })

  it('never quotes more of a path than 256 characters, and stays a URI', async () => {
    const response = await send({ path: `/v1/${'%C3%A9'.repeat(500)}` })
    const { instance } = await jsonOf(response)
    expect(instance.length).toBeLessThanOrEqual(256)
    expect(() => new URL(instance, 'https://edge.test')).not.toThrow()
    expect(instance).toMatch(/%[0-9A-F]{2}$/)
  })

  it('is 413 by the bytes that arrive, whatever Content-Length says', async () => {
    const body = JSON.stringify({ exclude: ['x'.repeat(KB_64)] })
    expect((await send({ path: '/v1/decide/shop-home', body })).status).toBe(413)
    const small = await send({
      path: '/v1/decide/shop-home',
      body,
      headers: { 'content-length': '2' },
    })
    expect(small.status).toBe(413)
    const large = await send({
      path: '/v1/decide/shop-home',
      body: '{}',
      headers: { 'content-length': String(KB_64 + 1) },
    })
    expect(large.status).toBe(413)
  })

  it('takes a body of exactly the cap', async () => {
    const pad = KB_64 - JSON.stringify({ user: { attributes: { x: '' } } }).length
    const exact = { user: { attributes: { x: 'x'.repeat(pad) } } }
    expect((await send({ path: '/v1/decide/shop-home', body: exact })).status).toBe(200)
    const over = { user: { attributes: { x: 'x'.repeat(pad + 1) } } }
    expect((await send({ path: '/v1/decide/shop-home', body: over })).status).toBe(413)
  })

  it('is 400 for bytes that are no UTF-8 and 415 for an encoded body', async () => {
    const { app } = testApp()
    const request = (headers: Record<string, string>, body: BodyInit) =>
      new Request('https://edge.test/v1/decide/shop-home', {
        method: 'POST',
        body,
        headers: { authorization: 'Bearer sk_now', 'content-type': 'application/json', ...headers },
      })
    const invalid = new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])
    expect((await app.fetch(request({}, invalid))).status).toBe(400)
    expect((await app.fetch(request({ 'content-encoding': 'gzip' }, invalid))).status).toBe(415)
  })
})
