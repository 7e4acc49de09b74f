import { Redis } from '@upstash/redis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { redisAddress } from '../../scripts/redis-rest/connection.ts'
import { startProxy } from '../../scripts/redis-rest/proxy.ts'
import { startRedis } from '../../scripts/redis-rest/server.ts'
import { redisFor, startTestRedis, type TestRedis } from './redis-server.ts'

const describeWithRedis = redisFor('the REST proxy') ? describe : describe.skip

describeWithRedis('the REST proxy', () => {
  let redis: TestRedis

  beforeAll(async () => {
    redis = await startTestRedis()
  })
  afterAll(() => redis?.close())

  async function ask(path: string, init: RequestInit & { base64?: boolean; token?: string } = {}) {
    const headers: Record<string, string> = { authorization: `Bearer ${init.token ?? redis.token}` }
    if (init.base64) headers['upstash-encoding'] = 'base64'
    const response = await fetch(`${redis.url}${path}`, { ...init, headers })
    return { status: response.status, body: (await response.json()) as { result: string } }
  }

  function post(path: string, body: unknown, options: { base64?: boolean; token?: string } = {}) {
    return ask(path, { method: 'POST', body: JSON.stringify(body), ...options })
  }

  it('answers a command with its result: text, number, null, list', async () => {
    expect(await post('/', ['SET', 'a', 'ü'])).toEqual({ status: 200, body: { result: 'OK' } })
    expect((await post('/', ['GET', 'a'])).body).toEqual({ result: 'ü' })
    expect((await post('/', ['STRLEN', 'a'])).body).toEqual({ result: 2 })
    expect((await post('/', ['GET', 'none'])).body).toEqual({ result: null })
    expect((await post('/', ['MGET', 'a', 'none'])).body).toEqual({ result: ['ü', null] })
    expect((await post('/', ['KEYS', 'none*'])).body).toEqual({ result: [] })
  })

  it('takes numbers and booleans as arguments', async () => {
    await post('/', ['SET', 'n', 1.5, 'EX', 100])
    expect((await post('/', ['MGET', 'n'])).body).toEqual({ result: ['1.5'] })
    expect((await post('/', ['TTL', 'n'])).body).toEqual({ result: 100 })
  })

  it('encodes strings as base64 on request, but a plain OK', async () => {
    const base64 = true
    expect((await post('/', ['SET', 'a', 'OK'], { base64 })).body).toEqual({ result: 'OK' })
    expect((await post('/', ['GET', 'a'], { base64 })).body).toEqual({ result: 'T0s=' })
    expect((await post('/', ['PING'], { base64 })).body).toEqual({ result: 'UE9ORw==' })
    expect((await post('/', ['MGET', 'a', 'none'], { base64 })).body).toEqual({
      result: ['T0s=', null],
    })
    expect((await post('/', ['STRLEN', 'a'], { base64 })).body).toEqual({ result: 2 })
  })

  it('keeps bytes that are no text', async () => {
    const value = Uint8Array.from({ length: 1 << 20 }, (_, at) => (at * 7 + (at >> 8)) & 255)
    expect((await ask('/set/bin', { method: 'POST', body: value })).body).toEqual({ result: 'OK' })
    const { body } = await post('/', ['GET', 'bin'], { base64: true })
    expect(Buffer.from(body.result, 'base64').equals(value)).toBe(true)
  })

  it('takes commands in the path, with options in the query', async () => {
    expect((await ask('/set/p%2Fq/a%20b?EX=100')).body).toEqual({ result: 'OK' })
    expect((await ask('/get/p%2Fq')).body).toEqual({ result: 'a b' })
    expect((await ask('/ttl/p%2Fq')).body).toEqual({ result: 100 })
  })

  it('answers what Redis refuses with 400 and its words', async () => {
    await post('/', ['SET', 'a', 'x'])
    const { status, body } = await post('/', ['LPUSH', 'a', '1'])
    expect(status).toBe(400)
    expect(body).toEqual({ error: expect.stringMatching(/^WRONGTYPE/) })
  })

  it('runs the other commands of a pipeline when one fails', async () => {
    const { status, body } = await post('/pipeline', [
      ['SET', 'a', 'x'],
      ['LPUSH', 'a', '1'],
      ['GET', 'a'],
    ])
    expect(status).toBe(200)
    expect(body).toEqual([
      { result: 'OK' },
      { error: expect.stringMatching(/^WRONGTYPE/) },
      { result: 'x' },
    ])
  })

  it('runs a transaction as one, and not at all when a command is malformed', async () => {
    const done = await post('/multi-exec', [
      ['SET', 't', '1'],
      ['LPUSH', 't', '1'],
      ['INCR', 't'],
    ])
    expect(done.body).toEqual([
      { result: 'OK' },
      { error: expect.stringMatching(/^WRONGTYPE/) },
      { result: 2 },
    ])
    const refused = await post('/multi-exec', [['SET', 't', '9'], ['NONSENSE']])
    expect(refused).toEqual({
      status: 400,
      body: { error: expect.stringMatching(/unknown command/) },
    })
    expect((await post('/', ['GET', 't'])).body).toEqual({ result: '2' })
  })

  it('gives many clients at once their own answers', async () => {
    const numbers = Array.from({ length: 50 }, (_, at) => at)
    const answers = await Promise.all(numbers.map((at) => post('/', ['ECHO', `${at}`])))
    expect(answers.map(({ body }) => body.result)).toEqual(numbers.map(String))
  })

  it('refuses a bad token with 401 and runs nothing', async () => {
    const before = redis.requests.length
    const { status, body } = await post('/', ['SET', 'a', 'evil'], { token: 'bad' })
    expect(status).toBe(401)
    expect(body).toEqual({ error: expect.any(String) })
    expect((await fetch(redis.url)).status).toBe(401)
    expect(redis.requests).toHaveLength(before)
  })

  for (const [body, why] of [
    [[], 'an empty command'],
    [{}, 'an object'],
    [['GET', null], 'a null argument'],
    [['GET', ['a']], 'a nested argument'],
    [['SUBSCRIBE', 'c'], 'a command that would take the connection away from others'],
  ] as const) {
    it(`refuses ${why} with 400`, async () => {
      const answer = await post('/', body)
      expect(answer).toEqual({ status: 400, body: { error: expect.stringMatching(/^ERR/) } })
    })
  }

  it('refuses a body that is no JSON and another method than POST', async () => {
    expect((await ask('/', { method: 'POST', body: '[' })).status).toBe(400)
    expect((await ask('/')).status).toBe(405)
  })

  it('serves the SDK with its own defaults', async () => {
    const sdk = new Redis({ url: redis.url, token: redis.token, enableTelemetry: false })
    await sdk.set('json', { a: ['ü', 1, null] })
    expect(await sdk.get('json')).toEqual({ a: ['ü', 1, null] })
    expect(await sdk.mget('json', 'none')).toEqual([{ a: ['ü', 1, null] }, null])
    expect(await sdk.multi().set('x', 'OK').get('x').exec()).toEqual(['OK', 'OK'])
    expect(await sdk.ping()).toBe('PONG')
  })

  it('answers 502 while Redis is gone, and works again when it is back', async () => {
    const first = await startRedis()
    const proxy = await startProxy({ redis: first, token: 't' })
    const ping = () =>
      fetch(`${proxy.url}/ping`, { headers: { authorization: 'Bearer t' } }).then((r) => r.status)
    expect(await ping()).toBe(200)
    await first.close()
    expect(await ping()).toBe(502)
    const again = await startRedis({ port: first.port })
    expect(await ping()).toBe(200)
    await proxy.close()
    await again.close()
  })

  it('logs in and selects the database that a Redis URL names', async () => {
    const { port } = redis.redis
    await post('/', ['ACL', 'SETUSER', 'ada', 'on', '>p@ss', 'allkeys', 'allcommands'])
    const at = (url: string) => startProxy({ redis: redisAddress(url), token: 't' })
    const proxy = await at(`redis://ada:p%40ss@127.0.0.1:${port}/3`)
    const stranger = await at(`redis://ada:wrong@127.0.0.1:${port}`)
    const get = (url: string) => fetch(url, { headers: { authorization: 'Bearer t' } })
    await get(`${proxy.url}/set/only-in-3/x`)
    expect(await (await get(`${proxy.url}/acl/whoami`)).json()).toEqual({ result: 'ada' })
    expect((await post('/', ['EXISTS', 'only-in-3'])).body).toEqual({ result: 0 })
    expect((await get(`${stranger.url}/get/a`)).status).toBe(502)
    await Promise.all([proxy.close(), stranger.close()])
  })
})

describe('redisAddress', () => {
  it('reads host, port, user, password, database and TLS', () => {
    expect(redisAddress('rediss://u:p%40@example.com:1234/2')).toEqual({
      host: 'example.com',
      port: 1234,
      username: 'u',
      password: 'p@',
      database: 2,
      tls: true,
    })
    expect(redisAddress('redis://[::1]')).toMatchObject({ host: '::1', port: 6379, tls: false })
  })

  for (const url of ['127.0.0.1:6379', 'http://h', 'redis://h/x', '']) {
    it(`refuses ${JSON.stringify(url)}`, () => {
      expect(() => redisAddress(url)).toThrow('a Redis URL')
    })
  }
})
