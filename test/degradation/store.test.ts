import { describe, expect, it } from 'vitest'
import { filter, source } from '../../src/core/stage.ts'
import type { UseCase } from '../../src/core/use-case.ts'
import { kvStore } from '../../src/store/kv.ts'
import { pageKey } from '../../src/store/page.ts'
import { recordKey } from '../../src/store/record-value.ts'
import { moviesHome } from '../../src/use-cases/movies-home.ts'
import { moviesRerank } from '../../src/use-cases/movies-rerank.ts'
import { moviesSimilar } from '../../src/use-cases/movies-similar.ts'
import { User } from '../../stages/entities.ts'
import { virtualClock } from '../fixtures/clock.ts'
import {
  catalogue,
  type Fault,
  faultyStore,
  GARBAGE,
  isolate,
  publishFilms,
  world,
} from '../fixtures/runtime.ts'
import { chainWith } from '../fixtures/stages.ts'

const FAULTS: readonly Fault[] = ['fails', 'throws', 'hangs', 5_000]

/** A fresh isolate before a store that has been broken from the start. */
function coldWorld(useCase: UseCase, fault: Fault) {
  const clock = virtualClock()
  const store = faultyStore(clock)
  store.breakReads(fault)
  return { store, ...isolate(useCase, store, clock) }
}

/** A warm isolate whose store then breaks, for all keys or those of users. */
async function warmWorld(useCase: UseCase, fault: Fault, only = '') {
  const one = await world(useCase)
  await one.decide({ userId: 'u1' })
  await one.settle()
  one.store.breakReads((key) => (key.startsWith(only) ? fault : 'ok'))
  return one
}

describe.each(FAULTS)('the store in a fresh isolate: %s', (fault) => {
  it('answers with the fallback within the cold budget, for guests and known users', async () => {
    for (const userId of [undefined, 'u1']) {
      const { decide } = coldWorld(moviesHome, fault)
      const { items, degraded, tookMs } = await decide({ userId })
      expect(items.map(({ id }) => id)).toEqual(moviesHome.fallback.slice(0, 10))
      for (const item of items)
        expect(item).toMatchObject({ score: null, propensity: 1, sources: ['fallback'] })
      expect(degraded).toContain('cold')
      expect(degraded).toContain('fallback')
      expect(tookMs).toBeLessThanOrEqual(moviesHome.coldBudgetMs)
    }
  })

  it('honours exclude, limit and filter: what cannot be judged does not pass', async () => {
    const { decide } = coldWorld(moviesHome, fault)
    const { ids } = await decide({ request: { exclude: new Set(['318', '296']), limit: 3 } })
    expect(ids).toEqual(['356', '593', '2571'])
    const filtered = await decide({ request: { filter: { field: 'year', gte: 1990 } } })
    expect(filtered.ids).toEqual([])
  })

  it('ranks the candidates it is given, filtered by what the caller excludes', async () => {
    const { decide } = coldWorld(moviesRerank, fault)
    const candidates = ['a', 'b', 'c'].map((id) => ({ id, fields: {} }))
    const { ids, degraded } = await decide({ request: { candidates, exclude: new Set(['b']) } })
    expect([...ids].sort()).toEqual(['a', 'c'])
    expect(degraded).toContain('cold')
  })

  it('answers where the page is about a film too', async () => {
    const { decide } = coldWorld(moviesSimilar, fault)
    const { ids } = await decide({ request: { context: { item: '318' } } })
    expect(ids).toEqual(moviesSimilar.fallback.slice(0, 10))
  })

  it('is served from again as soon as it is back', async () => {
    const { decide, settle, store, clock } = coldWorld(moviesHome, fault)
    await decide()
    store.breakReads('ok')
    await publishFilms(store, catalogue(40))
    clock.advance(60_000)
    if (fault !== 'hangs') await settle()
    const { degraded, items } = await decide()
    expect(degraded).toEqual([])
    expect(items.every(({ score }) => score !== null)).toBe(true)
  })
})

it('stays within the cold budget where a source hangs as well as the store', async () => {
  const never = source('never', { limit: 1, generate: () => new Promise(() => {}) })
  const { decide } = coldWorld(chainWith({ generate: [never], fallback: ['318'] }), 'hangs')
  const { ids, tookMs, degraded } = await decide({ userId: 'u1' })
  expect(ids).toEqual(['318'])
  expect(tookMs).toBeLessThanOrEqual(800)
  expect(degraded).toContain('source_late:never')
})

describe.each(FAULTS)('the store before a warm isolate: %s', (fault) => {
  it('costs guests nothing', async () => {
    const { decide } = await warmWorld(moviesHome, fault)
    const { items, degraded, tookMs } = await decide()
    expect(items).toHaveLength(10)
    expect(degraded).toEqual([])
    expect(tookMs).toBe(0)
  })

  it('makes known users unknown, within the budget', async () => {
    const { decide } = await warmWorld(moviesHome, fault)
    const { ids, degraded, tookMs, trace } = await decide({
      userId: 'u1',
      request: { limit: 40 },
    })
    expect(ids).toHaveLength(40)
    expect(ids).toContain('318')
    const waits = fault === 'hangs' || fault === 5_000
    expect(degraded).toEqual([waits ? 'store_slow' : 'store_failed'])
    expect(tookMs).toBeLessThanOrEqual(moviesHome.budgetMs)
    expect(trace.stages[0]).toMatchObject({ stage: 'read', state: waits ? 'late' : 'failed' })
  })

  it('leaves the last good pages serving for as long as it lasts', async () => {
    const { decide, clock } = await warmWorld(moviesHome, fault)
    for (const hours of [0.01, 0.1, 1, 24]) {
      clock.advance(hours * 3_600_000)
      const { items, degraded, tookMs } = await decide()
      expect(items.every(({ score }) => score !== null)).toBe(true)
      expect(items).toHaveLength(10)
      expect(tookMs).toBeLessThanOrEqual(moviesHome.coldBudgetMs)
      // Older than 5 min, it says so. A store that is merely slow has brought new ones by then.
      if (fault !== 5_000) expect(degraded).toEqual(hours < 0.05 ? [] : ['cold'])
    }
  })

  it('keeps the fallback where filters emptied the pool for lack of the record', async () => {
    const mine = filter('mine', {
      reads: { user: User.pick('batch_seen') },
      onMissing: 'drop',
      keep: () => true,
    })
    const useCase = chainWith({ filter: [mine], fallback: ['nope', '318', '356', '296'] })
    const { decide } = await warmWorld(useCase, fault, 'record/')
    const { ids, degraded } = await decide({ userId: 'u1' })
    expect(ids).toEqual(['318', '356', '296'])
    expect(degraded).toContain('fallback')
    const narrowed = await decide({
      userId: 'u1',
      request: { exclude: new Set(['318']), filter: { field: 'genres', eq: 'Comedy' } },
    })
    expect(narrowed.ids).toEqual(['356'])
  })
})

it('a driver’s own timeout counts as slow', async () => {
  const { decide, store } = await warmWorld(moviesHome, 'ok')
  const slow = kvStore({
    namespace: { get: () => new Promise(() => {}) } as unknown as KVNamespace,
  })
  const get = store.get.bind(store)
  store.get = (keys) =>
    keys[0].startsWith('record/') ? slow.get(keys, { timeoutMs: 0 }) : get(keys)
  expect((await decide({ userId: 'u1' })).degraded).toEqual(['store_slow'])
})

describe('garbage in the store', () => {
  const garbage = [GARBAGE, new Uint8Array(0), new Uint8Array(64).fill(255)]

  it('instead of a user’s record makes the user unknown', async () => {
    for (const value of garbage) {
      const { decide, store } = await world(moviesHome)
      await store.put([{ key: recordKey('user', 'u1'), value }])
      const { ids, degraded } = await decide({ userId: 'u1', request: { limit: 40 } })
      expect(ids).toHaveLength(40)
      expect(degraded).toEqual(['store_failed'])
    }
  })

  it('instead of a page leaves the last good one serving', async () => {
    for (const value of garbage) {
      const { decide, settle, store, clock } = await world(moviesHome)
      const before = await decide()
      await store.put([{ key: pageKey('item', 0), value }])
      clock.advance(store.refreshMs + 1)
      await decide()
      await settle()
      clock.advance(store.refreshMs + 1)
      const { items, degraded } = await decide()
      expect(items).toHaveLength(before.items.length)
      expect(items.every(({ score }) => score !== null)).toBe(true)
      expect(degraded).toEqual([])
    }
  })

  it('instead of the first page leaves the fallback', async () => {
    for (const value of garbage) {
      const clock = virtualClock()
      const store = faultyStore(clock)
      await store.put([{ key: pageKey('item', 0), value }])
      const { ids, degraded, tookMs } = await isolate(moviesHome, store, clock).decide()
      expect(ids).toEqual(moviesHome.fallback.slice(0, 10))
      expect(degraded).toEqual(['cold', 'fallback'])
      expect(tookMs).toBe(0)
    }
  })

  it('that cuts a page short anywhere never breaks a decision', async () => {
    const clock = virtualClock()
    const store = faultyStore(clock)
    await publishFilms(store, catalogue(12))
    const [page] = await store.get([pageKey('item', 0)])
    const whole = page ?? new Uint8Array()
    for (let length = 0; length < whole.length; length += 37) {
      await store.put([{ key: pageKey('item', 0), value: whole.slice(0, length) }])
      const { ids, degraded } = await isolate(moviesHome, store, clock).decide()
      expect(ids).toEqual(moviesHome.fallback.slice(0, 10))
      expect(degraded).toContain('fallback')
    }
  })
})

it('an empty catalogue that is there answers with what the owner vouches for', async () => {
  const clock = virtualClock()
  const store = faultyStore(clock)
  await publishFilms(store, [])
  const { ids, degraded } = await isolate(moviesHome, store, clock).decide()
  expect(ids).toEqual(moviesHome.fallback.slice(0, 10))
  expect(degraded).toEqual(['fallback'])
})

it('a film that was removed is not served, though the owner vouches for it', async () => {
  const { decide } = await world(chainWith({ fallback: ['gone', '318'] }))
  const everything = new Set(catalogue(40).map(({ id }) => id))
  const { ids, degraded } = await decide({ request: { exclude: everything } })
  expect(ids).toEqual([])
  expect(degraded).toEqual([])
})
