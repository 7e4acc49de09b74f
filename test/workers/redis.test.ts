import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { redisStore } from '../../src/store/redis.ts'
import { featureStoreConformance } from '../store/feature-store-conformance.ts'

/**
 * The driver with its SDK as the Workers runtime runs it, with that runtime's own base64. A few commands of
 * Upstash stand behind `fetch`; the real Redis is in `test/store/redis.test.ts`.
 */
const url = 'https://redis.test'
let refused = 0

beforeEach(() => {
  refused = 0
  const held = new Map<string, string>()
  vi.stubGlobal('fetch', async (target: string, init: RequestInit) => {
    // The runtime checks what the SDK hands to `fetch`.
    const request = new Request(target, init)
    if (request.headers.get('authorization') === 'Bearer hang') return hang(request.signal)
    if (request.headers.get('authorization') !== 'Bearer good') {
      refused++
      return Response.json({ error: 'WRONGPASS' }, { status: 401 })
    }
    const body = await request.json<string[] | string[][]>()
    if (!target.endsWith('/pipeline')) return Response.json(run(held, body as string[]))
    return Response.json((body as string[][]).map((command) => run(held, command)))
  })
})
afterEach(() => {
  vi.unstubAllGlobals()
})

featureStoreConformance('redis', () => redisStore({ url, token: 'good' }), {
  hanging: () => redisStore({ url, token: 'hang' }),
  failing: () => ({ store: redisStore({ url, token: 'bad' }), operations: () => refused }),
})

it('finds base64 in the runtime', () => {
  expect(Uint8Array).toHaveProperty('fromBase64')
  expect(Uint8Array.prototype).toHaveProperty('toBase64')
})

function run(held: Map<string, string>, [name, ...rest]: string[]): { result: unknown } {
  if (name === 'mget') return { result: rest.map((key) => held.get(key) ?? null) }
  if (name === 'del') return { result: rest.filter((key) => held.delete(key)).length }
  const values = name === 'set' ? rest.slice(0, 2) : rest
  for (let at = 0; at < values.length; at += 2) held.set(values[at], values[at + 1])
  return { result: 'OK' }
}

function hang(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason))
  })
}
