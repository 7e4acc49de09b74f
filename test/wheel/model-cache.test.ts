import { describe, expect, it } from 'vitest'
import { column, defineUseCase } from '../../src/core/index.ts'
import { featureMatrix } from '../../src/core/matrix.ts'
import { planOf } from '../../src/core/plan.ts'
import { encodePublished, modelKey } from '../../src/model/published.ts'
import type { FeatureStore } from '../../src/store/feature-store.ts'
import { isolateCache } from '../../src/store/isolate-cache.ts'
import { memoryStore } from '../../src/store/memory.ts'
import { type ModelRead, modelCache } from '../../src/wheel/model-cache.ts'
import { Item } from '../../stages/entities.ts'
import { popular } from '../../stages/generate/popular.ts'
import { topK } from '../../stages/rank/top-k.ts'
import { linear } from '../../stages/score/linear.ts'

const year = column('year', Item, 'year', { fallback: 0 })
const heat = column('heat', Item, 'batch_decayed_90d', { fallback: 0 })
const other = column('year', Item, 'year', { fallback: 0, version: 2 })

function planWith(featurize: readonly (typeof year | typeof heat)[]) {
  return planOf(
    defineUseCase({
      id: 'home',
      owner: 'tests',
      candidates: Item,
      generate: [popular],
      featurize,
      score: linear({ prior: {} }),
      rank: topK(),
      objective: { click: 1 },
      exposure: 'served',
      fallback: [],
    }),
  )
}

const plan = planWith([year])
const key = modelKey('home')

function published(version: number, weight: number, change: Record<string, unknown> = {}) {
  return encodePublished(
    version,
    JSON.stringify({
      format: 'edgewheel/linear@1',
      useCase: 'home',
      features: { year: year.hash },
      heads: [
        { outcome: 'click', link: 'identity', bias: 0, terms: [{ feature: 'year', weight }] },
      ],
      ...change,
    }),
  )
}

/** A store and an isolate whose clock the test moves; counts the reads. */
function isolate() {
  let nowMs = 1_000_000
  const memory = memoryStore({ nowMs: () => nowMs })
  const faults = { get: null as (() => Promise<never>) | null }
  const store: FeatureStore = {
    ...memory,
    refreshMs: 30_000,
    get(keys) {
      calls.push(...keys)
      return faults.get ? faults.get() : memory.get(keys)
    },
  }
  const calls: string[] = []
  let waiting: Promise<unknown>[] = []
  const sleep = async (ms: number) => {
    await new Promise((resolve) => setTimeout(resolve, ms))
  }
  const cache = isolateCache({ clock: { nowMs: () => nowMs, sleep }, random: () => 1 })
  const models = modelCache({ store, cache })
  return {
    store,
    calls,
    faults,
    pass(ms: number) {
      nowMs += ms
    },
    put: (value: Uint8Array) => memory.put([{ key, value }]),
    read: (of = plan, waitMs = 50) =>
      models.read(of, { waitMs, waitUntil: (work) => waiting.push(work) }),
    async settled() {
      const work = waiting
      waiting = []
      await Promise.all(work)
    },
  }
}

/** What the model makes of the year 2000. */
function scoreOf({ serving }: ModelRead): number | null {
  if (serving === null) return null
  const matrix = featureMatrix(1, [false])
  matrix.values[0] = 2000
  return serving.scorer.score(matrix)[0]
}

describe('modelCache', () => {
  it('serves what is published, and its next version after a refresh in the background', async () => {
    const here = isolate()
    await here.put(published(1, 2))
    const first = await here.read()
    expect(first.serving?.version).toBe('home@1')
    expect(scoreOf(first)).toBe(4000)
    await here.put(published(2, 3))
    here.pass(31_000)
    expect((await here.read()).serving?.version).toBe('home@1')
    await here.settled()
    const next = await here.read()
    expect(next.serving?.version).toBe('home@2')
    expect(scoreOf(next)).toBe(6000)
  })

  it('remembers that there is no model, and asks again in the background only', async () => {
    const here = isolate()
    for (let i = 0; i < 5; i++)
      expect(await here.read()).toMatchObject({ serving: null, rejected: null })
    expect(here.calls).toEqual([key])
    here.pass(31_000)
    here.faults.get = () => new Promise(() => {})
    const startedMs = performance.now()
    await here.read(plan, 5_000)
    expect(performance.now() - startedMs).toBeLessThan(500)
    expect(here.calls).toEqual([key, key])
  })

  it('keeps the last good one where the next does not fit, and says why', async () => {
    const here = isolate()
    await here.put(published(1, 2))
    await here.read()
    for (const bad of [
      published(2, Number.NaN),
      published(2, 1, { features: { year: other.hash } }),
      published(2, 1, { useCase: 'shop' }),
      new TextEncoder().encode('garbage'),
      new Uint8Array(0),
    ]) {
      await here.put(bad)
      here.pass(31_000)
      await here.read()
      await here.settled()
      const read = await here.read()
      expect(read.serving?.version).toBe('home@1')
      expect(read.rejected).toMatch(/./)
    }
    await here.put(published(3, 5))
    here.pass(31_000)
    await here.read()
    await here.settled()
    expect(await here.read()).toMatchObject({ serving: { version: 'home@3' }, rejected: null })
  })

  it('leaves it to the prior weights where the first one does not fit', async () => {
    const here = isolate()
    await here.put(published(1, 2, { heads: [] }))
    expect(await here.read()).toMatchObject({
      serving: null,
      rejected: expect.stringContaining('heads'),
    })
  })

  it('serves a model to a chain that has gained a feature, not to one that has changed it', async () => {
    const here = isolate()
    await here.put(published(1, 2))
    expect((await here.read(planWith([heat, year]))).serving?.version).toBe('home@1')
    const changed = isolate()
    await changed.put(published(1, 2))
    expect((await changed.read(planWith([other]))).rejected).toMatch(/defined differently/)
    const lost = isolate()
    await lost.put(published(1, 2))
    expect((await lost.read(planWith([heat]))).rejected).toMatch(/no feature 'year'/)
  })

  it('keeps the model, however old, where the store fails or has lost it', async () => {
    const here = isolate()
    await here.put(published(1, 2))
    await here.read()
    here.faults.get = () => Promise.reject(new Error('down'))
    here.pass(3_600_000)
    for (let i = 0; i < 3; i++) {
      expect((await here.read()).serving?.version).toBe('home@1')
      await here.settled()
      here.pass(60_000)
    }
    here.faults.get = null
    await here.store.delete([key])
    here.pass(60_000)
    await here.read()
    await here.settled()
    expect((await here.read()).serving?.version).toBe('home@1')
  })

  it('waits no longer than it is told in a cold isolate, and says that it does not know', async () => {
    const here = isolate()
    here.faults.get = () => new Promise(() => {})
    const startedMs = performance.now()
    expect(await here.read(plan, 60)).toEqual({ serving: null, rejected: null, unknown: true })
    expect(performance.now() - startedMs).toBeLessThan(400)
  })

  it('does not bind the same publication twice', async () => {
    const here = isolate()
    await here.put(published(1, 2))
    const { serving } = await here.read()
    here.pass(31_000)
    await here.read()
    await here.settled()
    expect((await here.read()).serving).toBe(serving)
  })
})
