import { inspect } from 'node:util'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { StoreError } from '../../src/store/feature-store.ts'
import { redisStore } from '../../src/store/redis.ts'
import { featureStoreConformance } from './feature-store-conformance.ts'
import { redisFor, startHttp, startTestRedis, type TestRedis } from './redis-server.ts'

type Http = Awaited<ReturnType<typeof startHttp>>

const describeWithRedis = redisFor('the Redis driver against a real Redis')
  ? describe
  : describe.skip

const one = Uint8Array.of(1)

describeWithRedis('with a Redis', () => {
  let redis: TestRedis
  let hanging: Http
  let failing: Http
  let refused = 0

  beforeAll(async () => {
    redis = await startTestRedis()
    hanging = await startHttp(() => {})
    // A lost connection, because that is what the SDK likes to try again.
    failing = await startHttp((request) => {
      refused++
      request.socket.destroy()
    })
  })
  afterAll(async () => {
    await Promise.all([redis?.close(), hanging?.close(), failing?.close()])
  })
  beforeEach(() => {
    redis.requests.length = 0
    refused = 0
  })

  featureStoreConformance('redis', () => redisStore(redis), {
    hanging: () => redisStore({ url: hanging.url, token: 't' }),
    failing: () => ({
      store: redisStore({ url: failing.url, token: 't' }),
      operations: () => refused,
    }),
  })

  it('reads 100 keys with one request of one command', async () => {
    const keys = Array.from({ length: 100 }, (_, at) => `k${at}`)
    await redisStore(redis).get(keys)
    expect(redis.requests).toEqual([[['mget', ...keys]]])
  })

  it('writes values that stay with one command and those that expire with one each', async () => {
    await redisStore(redis).put([
      { key: 'a', value: one },
      { key: 'b', value: one, ttlS: 10 },
      { key: 'c', value: one },
    ])
    expect(redis.requests).toEqual([
      [
        ['mset', 'a', 'AQ==', 'c', 'AQ=='],
        ['set', 'b', 'AQ==', 'ex', '10'],
      ],
    ])
  })

  it('deletes many keys with one command, and asks nothing for empty lists', async () => {
    const store = redisStore(redis)
    await store.delete(['a', 'b'])
    await Promise.all([store.get([]), store.put([]), store.delete([])])
    expect(redis.requests).toEqual([[['del', 'a', 'b']]])
  })

  it('does not join the calls of different requests', async () => {
    const store = redisStore(redis)
    await Promise.all([store.get(['a']), store.get(['b'])])
    expect(redis.requests).toHaveLength(2)
  })

  it('splits a put that is larger than a request may be', async () => {
    const store = redisStore({ ...redis, maxRequestBytes: 5_000 })
    const entries = ['p', 'q', 'r', 's'].map((key) => ({ key, value: new Uint8Array(1_600) }))
    await store.put(entries)
    expect(redis.requests).toHaveLength(2)
    expect(await store.get(['p', 'q', 'r', 's'])).toEqual(entries.map(({ value }) => value))
  })

  it('lets a value expire, and no more once it is put again without a time', async () => {
    const store = redisStore(redis)
    await store.put([
      { key: 'x', value: one, ttlS: 1 },
      { key: 'y', value: one, ttlS: 1 },
    ])
    await store.put([{ key: 'y', value: one }])
    await expect.poll(() => store.get(['x', 'y']), { timeout: 5_000 }).toEqual([null, one])
  })

  it('rejects a wrong token as unavailable', async () => {
    const store = redisStore({ ...redis, token: 'wrong' })
    await expect(store.get(['a'])).rejects.toMatchObject({ code: 'unavailable' })
  })

  it('rejects a value that somebody else wrote, and names its key', async () => {
    await fetch(`${redis.url}/set/foreign/{}`, { headers: authorization(redis) })
    const error = await redisStore(redis)
      .get(['foreign'])
      .catch((reason: unknown) => reason)
    expect(error).toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('foreign'),
    })
  })
})

describe('with a server that misbehaves', () => {
  async function against(
    listener: Parameters<typeof startHttp>[0],
    use: (store: ReturnType<typeof redisStore>) => Promise<void>,
  ): Promise<void> {
    const http = await startHttp(listener)
    try {
      await use(redisStore({ url: http.url, token: 't' }))
    } finally {
      await http.close()
    }
  }

  it('rejects when the headers come in time and the body does not', () =>
    against(
      (_, response) => void response.writeHead(200).write('{"result":'),
      (store) =>
        expect(store.get(['a'], { timeoutMs: 60 })).rejects.toMatchObject({ code: 'timeout' }),
    ))

  it('ends the request on the wire when its time has run out', async () => {
    const { promise: ended, resolve } = Promise.withResolvers<void>()
    await against(
      (request) => void request.socket.once('close', () => resolve()),
      async (store) => {
        await store.get(['a'], { timeoutMs: 60 }).catch(() => {})
        await ended
      },
    )
  })

  for (const body of [
    '{"result":null}',
    '{"result":["AQ=="]}',
    '{"result":[1,2]}',
    '{}',
    '[]',
    'hi',
  ])
    it(`does not take ${body} for an answer to two keys`, () =>
      against(
        (_, response) => void response.end(body),
        (store) => expect(store.get(['a', 'b'])).rejects.toBeInstanceOf(StoreError),
      ))

  it('keeps values out of the error', () =>
    against(
      (_, response) =>
        void response.writeHead(400).end('{"error":"ERR max request size exceeded"}'),
      async (store) => {
        const error = await store
          .put([{ key: 'a', value: new Uint8Array(1_000) }])
          .catch((reason: unknown) => reason as StoreError)
        expect(error).toMatchObject({
          message: 'redis: ERR max request size exceeded',
          cause: expect.objectContaining({ message: 'ERR max request size exceeded' }),
        })
        expect(inspect(error, { depth: 9 })).not.toContain('AAAA')
      },
    ))

  it('asks once, and rejects as unavailable, when the server is out of order', async () => {
    let asked = 0
    await against(
      (_, response) => {
        asked++
        response.writeHead(500).end('<h1>Internal Server Error</h1>')
      },
      (store) => expect(store.get(['a'])).rejects.toMatchObject({ code: 'unavailable' }),
    )
    expect(asked).toBe(1)
  })

  it('rejects as unavailable when nobody listens', async () => {
    const http = await startHttp(() => {})
    await http.close()
    const error = await redisStore({ url: http.url, token: 't' })
      .get(['a'])
      .catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'unavailable', cause: expect.any(Error) })
  })
})

function authorization({ token }: TestRedis) {
  return { authorization: `Bearer ${token}` }
}
