import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { kvStore } from '../../src/store/kv.ts'
import { type Faults, featureStoreConformance } from '../store/feature-store-conformance.ts'

const { FEATURES } = env as unknown as { FEATURES: KVNamespace }

type Namespace = Parameters<typeof kvStore>[0]['namespace']

const faults: Faults = {
  hanging: () => kvStore({ namespace: namespaceThat(() => new Promise(() => {})) }),
  failing: () => {
    let operations = 0
    const refuse = async () => {
      operations++
      throw new Error('KV GET failed: 503 Service Unavailable')
    }
    return {
      store: kvStore({ namespace: namespaceThat(refuse) }),
      operations: () => operations,
    }
  },
}

featureStoreConformance('kv', () => kvStore({ namespace: FEATURES }), faults)

describe('kvStore', () => {
  it('asks for bytes once per key, and lets the edge cache answer as long as a reader holds them', async () => {
    const asked: unknown[][] = []
    const store = kvStore({ namespace: namespaceThat(async (...call) => void asked.push(call)) })
    await store.get(['a', 'b'])
    await store.get(['c'], { edgeCacheS: 300 })
    await store.get(['d'], { edgeCacheS: 1 })
    expect(asked).toEqual([
      ['get', 'a', { type: 'arrayBuffer', cacheTtl: 30 }],
      ['get', 'b', { type: 'arrayBuffer', cacheTtl: 30 }],
      ['get', 'c', { type: 'arrayBuffer', cacheTtl: 300 }],
      ['get', 'd', { type: 'arrayBuffer', cacheTtl: 30 }],
    ])
  })

  it('asks KV for no shorter life than it grants, and for none where none is given', async () => {
    const asked: unknown[][] = []
    const store = kvStore({ namespace: namespaceThat(async (...call) => void asked.push(call)) })
    const value = Uint8Array.of(1)
    await store.put([
      { key: 'a', value },
      { key: 'b', value, ttlS: 5 },
      { key: 'c', value, ttlS: 100.2 },
    ])
    expect(asked).toEqual([
      ['put', 'a', value, {}],
      ['put', 'b', value, { expirationTtl: 60 }],
      ['put', 'c', value, { expirationTtl: 101 }],
    ])
  })

  it('has at most six operations under way', async () => {
    let underWay = 0
    let most = 0
    const namespace = namespaceThat(async () => {
      most = Math.max(most, ++underWay)
      await new Promise((resolve) => setTimeout(resolve, 1))
      underWay--
      return null
    })
    await kvStore({ namespace }).get(Array.from({ length: 20 }, (_, at) => `k${at}`))
    expect(most).toBe(6)
  })

  it('starts nothing more once a call has failed', async () => {
    let operations = 0
    const namespace = namespaceThat(async () => {
      if (++operations === 3) throw new Error('503')
      await new Promise((resolve) => setTimeout(resolve, 5))
      return null
    })
    const keys = Array.from({ length: 50 }, (_, at) => `k${at}`)
    await expect(kvStore({ namespace }).get(keys)).rejects.toMatchObject({ code: 'unavailable' })
    await new Promise((resolve) => setTimeout(resolve, 30))
    expect(operations).toBe(6)
  })
})

/** A namespace whose every operation is answered by `answer`. */
function namespaceThat(answer: (...call: unknown[]) => Promise<unknown>): Namespace {
  const method =
    (name: string) =>
    (...rest: unknown[]) =>
      answer(name, ...rest)
  return {
    get: method('get'),
    put: method('put'),
    delete: method('delete'),
  } as unknown as Namespace
}
