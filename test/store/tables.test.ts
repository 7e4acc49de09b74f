import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { defineEntity, type Entity } from '../../src/core/entity.ts'
import { type Table, valueAt } from '../../src/core/table.ts'
import { type FeatureStore, StoreError } from '../../src/store/feature-store.ts'
import { isolateCache } from '../../src/store/isolate-cache.ts'
import { memoryStore } from '../../src/store/memory.ts'
import { packPage, pageKey } from '../../src/store/page.ts'
import { tableCache } from '../../src/store/tables.ts'
import { manualClock } from './manual-clock.ts'

const entityOf = (shards: number) =>
  defineEntity('film', {
    layout: 'paged',
    owner: 'tests',
    shards,
    attributes: { title: z.string() },
  }) as unknown as Entity

function pageOf(entity: Entity, shard: number, titles: readonly string[], asOfMs = 1): Uint8Array {
  const records = titles.map((title, slot) => ({
    slot,
    id: `${shard}-${slot}`,
    fields: new Map([['title', { value: title, status: 'present' as const, updatedAtMs: 1 }]]),
  }))
  const { name, shards } = entity
  const fields = entity.fields.values()
  return packPage({ entity: name, fields, shard, shards, asOfMs, slots: titles.length, records })
}

function setup(shards = 1, wrap: (store: FeatureStore) => Partial<FeatureStore> = () => ({})) {
  const entity = entityOf(shards)
  const clock = manualClock()
  const memory = { ...memoryStore(), refreshMs: 30_000 }
  const store = { ...memory, ...wrap(memory) }
  const tables = tableCache({ store, cache: isolateCache({ clock, random: () => 1 }) })
  const waitUntil = () => {}
  return {
    entity,
    clock,
    tables,
    put: (shard: number, value: Uint8Array) => memory.put([{ key: pageKey('film', shard), value }]),
    drop: (shard: number) => memory.delete([pageKey('film', shard)]),
    read: () => tables.read(entity, { waitMs: 800, waitUntil }),
    /** Lets a refresh fall due, waits for it, and says what is served then. */
    async refreshed() {
      await clock.advance(30_000)
      tables.peek(entity, waitUntil)
      await clock.advance(1)
      return tables.peek(entity, waitUntil)
    },
  }
}

const titles = (table: Table | null | undefined) =>
  table?.ids.map((_, slot) => valueAt(table.column('title'), slot))

describe('tableCache', () => {
  it('makes one table of the pages of all shards', async () => {
    const { entity, put, read } = setup(3)
    for (const shard of [0, 1, 2]) await put(shard, pageOf(entity, shard, [`t${shard}`, 'same']))
    const { value, state } = await read()
    expect(state).toBe('fresh')
    expect(value?.ids).toEqual(['0-0', '0-1', '1-0', '1-1', '2-0', '2-1'])
    expect(titles(value)).toEqual(['t0', 'same', 't1', 'same', 't2', 'same'])
  })

  it('is cold until there is a page, and looks again after a second', async () => {
    const { entity, clock, put, read } = setup()
    expect(await read()).toMatchObject({ value: null, state: 'cold' })
    await put(0, pageOf(entity, 0, ['a']))
    expect(await read()).toMatchObject({ value: null, state: 'cold' })
    await clock.advance(1_000)
    expect(titles((await read()).value)).toEqual(['a'])
  })

  it('serves the shards that have a page where others have none yet', async () => {
    const { entity, put, read } = setup(2)
    await put(1, pageOf(entity, 1, ['a']))
    expect(titles((await read()).value)).toEqual(['a'])
  })

  it('takes a new page at the next refresh', async () => {
    const { entity, put, read, refreshed } = setup()
    await put(0, pageOf(entity, 0, ['a']))
    await read()
    await put(0, pageOf(entity, 0, ['b']))
    expect(titles((await refreshed())?.value)).toEqual(['b'])
  })

  it('keeps a table, and what was computed from it, while its pages stay the same', async () => {
    const { entity, put, read, refreshed } = setup(2)
    for (const shard of [0, 1]) await put(shard, pageOf(entity, shard, ['a']))
    const { value } = await read()
    const again = await refreshed()
    expect(again).toMatchObject({ state: 'fresh', ageMs: 1 })
    expect(again?.value).toBe(value)
    await put(1, pageOf(entity, 1, ['a'], 2))
    expect((await refreshed())?.value).not.toBe(value)
  })

  it('keeps the last good table when a page is garbage, of another shard, or gone', async () => {
    const { entity, put, drop, read, refreshed } = setup(2)
    for (const shard of [0, 1]) await put(shard, pageOf(entity, shard, ['a']))
    const { value } = await read()
    const faults = [
      () => put(1, Uint8Array.of(1, 2, 3)),
      () => put(1, pageOf(entity, 1, ['b']).slice(0, -8)),
      () => put(1, pageOf(entity, 0, ['b'])),
      () => put(1, pageOf(entityOf(3), 1, ['b'])),
      () => drop(1),
    ]
    for (const fault of faults) {
      await fault()
      const kept = await refreshed()
      expect(kept?.value).toBe(value)
      expect(kept?.state).toBe('stale')
      expect(String(kept?.error)).toMatch(/page|gone/)
    }
    await put(1, pageOf(entity, 1, ['c']))
    expect(titles((await refreshed())?.value)).toEqual(['a', 'c'])
  })

  it('has at most three reads under way', async () => {
    let underWay = 0
    let most = 0
    let asked = 0
    const { read } = setup(10, (store) => ({
      async get(keys) {
        most = Math.max(most, ++underWay)
        asked += keys.length
        await new Promise((done) => setTimeout(done, 1))
        underWay--
        return store.get(keys)
      },
    }))
    void read()
    await new Promise((done) => setTimeout(done, 100))
    expect([most, asked]).toEqual([3, 10])
  })

  it('answers at once, without a table, in a fresh isolate whose store fails every call', async () => {
    const { read } = setup(1, () => ({
      get: () => Promise.reject(new StoreError('unavailable', 'kv: 503')),
    }))
    expect(await read()).toMatchObject({ value: null, state: 'failed' })
  })

  it('answers within the wait in a fresh isolate whose store hangs', async () => {
    const { read, clock } = setup(1, () => ({ get: () => new Promise(() => {}) }))
    const startedMs = clock.nowMs()
    const answer = read()
    await clock.advance(800)
    expect(await answer).toMatchObject({ value: null, state: 'cold' })
    expect(clock.nowMs() - startedMs).toBe(800)
  })
})
