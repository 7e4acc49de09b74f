import {
  evictDurableObject,
  reset,
  runDurableObjectAlarm,
  runInDurableObject,
} from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { decodePublished, modelKey } from '../../src/model/published.ts'
import { moviesHome } from '../../src/use-cases/movies-home.ts'
import { type RegistryRpc, registryClient } from '../../src/wheel/registry.ts'

const { REGISTRY, FEATURES } = env as unknown as {
  REGISTRY: DurableObjectNamespace<RegistryRpc>
  FEATURES: KVNamespace
}

const registry = registryClient(REGISTRY)
const id = moviesHome.id
const object = () => REGISTRY.getByName(id)
const popularity = moviesHome.featurize.find(({ name }) => name === 'popularity')!

function artifact(bias: number, change: Record<string, unknown> = {}): string {
  return JSON.stringify({
    format: 'edgewheel/linear@1',
    useCase: id,
    heads: [
      { outcome: 'click', link: 'logit', bias, terms: [{ feature: 'popularity', weight: 1 }] },
    ],
    ...change,
  })
}

async function stored() {
  const bytes = await FEATURES.get(modelKey(id), 'arrayBuffer')
  return bytes && decodePublished(new Uint8Array(bytes))
}

/** Makes KV refuse its next `times` puts. */
function refusing(times: number) {
  const prototype = Object.getPrototypeOf(FEATURES) as KVNamespace
  const real = prototype.put as (this: KVNamespace, ...given: unknown[]) => Promise<void>
  let calls = 0
  return vi.spyOn(prototype, 'put').mockImplementation(async function (
    this: KVNamespace,
    ...given
  ) {
    if (calls++ < times) throw new Error('KV PUT failed: 429 Too Many Requests')
    return real.apply(this, given)
  } as KVNamespace['put'])
}

afterEach(async () => {
  vi.restoreAllMocks()
  await reset()
})

describe('the registry', () => {
  it('numbers versions from 1 and gives artifacts back with their features’ hashes', async () => {
    expect(await registry.upload(id, artifact(1))).toEqual({ version: 1 })
    expect(await registry.upload(id, artifact(2))).toEqual({ version: 2 })
    expect(JSON.parse((await registry.artifact(id, 2)) as string)).toMatchObject({
      features: { popularity: popularity.hash },
      heads: [{ bias: 2 }],
    })
    expect(await registry.artifact(id, 3)).toBeNull()
    const { current, versions } = await registry.list(id)
    expect(current).toBeNull()
    expect(versions.map(({ version, status }) => [version, status])).toEqual([
      [2, 'stored'],
      [1, 'stored'],
    ])
  })

  it('refuses an artifact that does not fit, with the path', async () => {
    await expect(registry.upload(id, artifact(1, { useCase: 'shop' }))).rejects.toMatchObject({
      code: 'model_rejected',
      cause: [{ path: 'useCase' }],
    })
    expect((await registry.list(id)).versions).toEqual([])
  })

  it('keeps an artifact of nearly 4 MB across a restart', async () => {
    const values = Array.from({ length: 50_000 }, (_, i) => `${'ü'.repeat(30)}${i}`)
    const large = artifact(0, {
      heads: [
        {
          outcome: 'click',
          link: 'logit',
          bias: 0,
          terms: [
            {
              feature: 'genres',
              transform: { kind: 'onehot', values },
              weights: values.map((_, i) => i / 3),
            },
          ],
        },
      ],
    })
    expect(new TextEncoder().encode(large).length).toBeGreaterThan(3.5 * 2 ** 20)
    await registry.upload(id, large)
    await evictDurableObject(object())
    const text = (await registry.artifact(id, 1)) as string
    expect(JSON.parse(text).heads).toEqual(JSON.parse(large).heads)
    expect(await registry.publish(id, 1)).toBe(true)
    expect((await stored())?.version).toBe(1)
  })

  it('publishes to the feature store and moves the pointer', async () => {
    await registry.upload(id, artifact(1))
    await registry.upload(id, artifact(2))
    expect(await registry.publish(id, 2)).toBe(true)
    expect(await stored()).toMatchObject({ version: 2, artifact: { heads: [{ bias: 2 }] } })
    expect(await registry.publish(id, 1)).toBe(true)
    expect(await stored()).toMatchObject({ version: 1 })
    const { current, versions } = await registry.list(id)
    expect(current).toBe(1)
    expect(versions.map(({ status }) => status)).toEqual(['retired', 'published'])
    expect(await runInDurableObject(object(), (_, { storage }) => storage.getAlarm())).toBeNull()
  })

  it('says no where the version does not exist', async () => {
    expect(await registry.publish(id, 1)).toBe(false)
    expect((await registry.list(id)).current).toBeNull()
  })

  it('keeps the pointer where the store fails, and brings it there by alarm', async () => {
    await registry.upload(id, artifact(1))
    const put = refusing(2)
    expect(await registry.publish(id, 1)).toBe(true)
    expect((await registry.list(id)).current).toBe(1)
    expect(await stored()).toBeNull()
    expect(await runDurableObjectAlarm(object())).toBe(true)
    expect(await stored()).toBeNull()
    await evictDurableObject(object())
    expect(await runDurableObjectAlarm(object())).toBe(true)
    expect(await stored()).toMatchObject({ version: 1 })
    expect(await runDurableObjectAlarm(object())).toBe(false)
    expect(put).toHaveBeenCalledTimes(3)
  })

  it('leaves the last pointer in the store when publications overlap', async () => {
    for (let bias = 1; bias <= 3; bias++) await registry.upload(id, artifact(bias))
    await Promise.all([1, 2, 3].map((version) => registry.publish(id, version)))
    expect((await stored())?.version).toBe((await registry.list(id)).current)
  })

  it('writes down every call', async () => {
    await registry.upload(id, artifact(1))
    await registry.publish(id, 1)
    const calls = await runInDurableObject(object(), (_, { storage }) =>
      storage.sql.exec('SELECT call, version FROM calls ORDER BY rowid').toArray(),
    )
    expect(calls).toEqual([
      { call: 'upload', version: 1 },
      { call: 'publish', version: 1 },
    ])
  })
})
