import {
  evictDurableObject,
  reset,
  runDurableObjectAlarm,
  runInDurableObject,
} from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Entity } from '../../src/core/entity.ts'
import type { FieldValue } from '../../src/core/field.ts'
import { shardOf } from '../../src/core/shard.ts'
import { statusAt, type Table, valueAt } from '../../src/core/table.ts'
import { isolateCache } from '../../src/store/isolate-cache.ts'
import { kvStore } from '../../src/store/kv.ts'
import { decodeRecord, recordKey } from '../../src/store/record-value.ts'
import { tableCache } from '../../src/store/tables.ts'
import { ownerName, recordOwners } from '../../src/wheel/record-owners.ts'
import type { RecordsRpc } from '../../src/wheel/records.ts'
import { Item, User } from '../../stages/entities.ts'

const { RECORDS, FEATURES } = env as unknown as {
  RECORDS: DurableObjectNamespace<RecordsRpc>
  FEATURES: KVNamespace
}

const entities = [Item, User] as unknown as Entity[]
const item = entities[0]
const store = kvStore({ namespace: FEATURES })
const owners = recordOwners(RECORDS, entities)
const items = () => RECORDS.getByName(ownerName('item', 0))
const row = (id: string, attributes: Record<string, FieldValue | null>, updatedAtMs = 1_000) => ({
  id,
  attributes,
  updatedAtMs,
})

beforeEach(async () => {
  vi.spyOn(console, 'error').mockImplementation(() => {})
  await holdAlarms()
})
afterEach(async () => {
  vi.restoreAllMocks()
  await reset()
})

/** Alarms run when a test says so, not when a slow machine has let 250 ms pass: the platform's come an hour late. */
async function holdAlarms(): Promise<void> {
  const hourMs = 3_600_000
  const prototype: DurableObjectStorage = await runInDurableObject(items(), (_, { storage }) =>
    Object.getPrototypeOf(storage),
  )
  const { setAlarm, getAlarm } = prototype
  vi.spyOn(prototype, 'setAlarm').mockImplementation(function (this: DurableObjectStorage, at) {
    return setAlarm.call(this, Number(at) + hourMs)
  })
  vi.spyOn(prototype, 'getAlarm').mockImplementation(async function (this: DurableObjectStorage) {
    const at = await getAlarm.call(this)
    return at && at - hourMs
  })
}

/** The keys of every `put` or `delete` of KV from now on; `answer` may delay or fail them. */
function watched(method: 'put' | 'delete', answer: (call: number) => unknown = () => {}): string[] {
  const prototype = Object.getPrototypeOf(FEATURES) as KVNamespace
  const real = prototype[method] as (this: KVNamespace, ...given: unknown[]) => Promise<void>
  const keys: string[] = []
  vi.spyOn(prototype, method).mockImplementation(async function (this: KVNamespace, ...given) {
    keys.push(given[0] as string)
    await answer(keys.length)
    return real.apply(this, given)
  } as KVNamespace['put'])
  return keys
}

/** The table a fresh isolate would serve. */
async function served(entity: Entity = item): Promise<Table | null> {
  const clock = { nowMs: Date.now, sleep: (ms: number) => scheduler.wait(ms) }
  const cache = isolateCache({ clock, random: Math.random })
  const { value } = await tableCache({ store, cache }).read(entity, {
    waitMs: 1_000,
    waitUntil: () => {},
  })
  return value
}

const alarmOf = (stub: DurableObjectStub<RecordsRpc>) =>
  runInDurableObject(stub, (_, { storage }) => storage.getAlarm())

describe('the owner of records', () => {
  it('gives back what was upserted, with its time', async () => {
    await owners.upsert('item', [row('1', { title: 'Toy Story', year: 1995, genres: ['A', 'B'] })])
    expect(await owners.read('item', '1')).toEqual({
      id: '1',
      fields: {
        title: { value: 'Toy Story', status: 'present', updatedAtMs: 1_000 },
        year: { value: 1995, status: 'present', updatedAtMs: 1_000 },
        genres: { value: ['A', 'B'], status: 'present', updatedAtMs: 1_000 },
      },
      publishedAtMs: null,
    })
    expect(await owners.read('item', '2')).toBe(null)
  })

  it('lets the older value of each attribute lose, and the later of two equals win', async () => {
    const values = async () => {
      const record = await owners.read('item', '1')
      return Object.entries(record!.fields).map(([name, field]) => [name, field.value])
    }
    await owners.upsert('item', [row('1', { title: 'new', year: 1990 }, 2_000)])
    await owners.upsert('item', [row('1', { title: 'old', available: true }, 1_000)])
    expect(await values()).toEqual([
      ['title', 'new'],
      ['year', 1990],
      ['available', true],
    ])
    await owners.upsert('item', [
      row('1', { title: 'second' }, 3_000),
      row('1', { title: 'third' }, 3_000),
      row('1', { title: 'first' }, 2_999),
    ])
    expect(await values()).toContainEqual(['title', 'third'])
  })

  it('removes an attribute that is null, and does not let an older value bring it back', async () => {
    await owners.upsert('item', [row('1', { title: 'x', year: 1990 })])
    await owners.upsert('item', [row('1', { year: null }, 2_000)])
    await owners.upsert('item', [row('1', { year: 1991 }, 1_500)])
    const record = await owners.read('item', '1')
    expect(record?.fields.year).toEqual({ value: null, status: 'missing', updatedAtMs: 2_000 })
    await owners.flush('item')
    const table = await served()
    expect(statusAt(table!.column('year'), table!.slotOf('1'))).toBe(2)
  })

  it('keeps its records when it is evicted', async () => {
    await owners.upsert('item', [row('1', { title: 'x' })])
    await owners.flush('item')
    await owners.upsert('item', [row('2', { title: 'y' })])
    await evictDurableObject(items())
    expect((await owners.read('item', '2'))?.fields.title.value).toBe('y')
    expect((await owners.read('item', '1'))?.publishedAtMs).toBeGreaterThan(1e12)
    expect(await owners.count('item')).toBe(2)
  })

  it('takes 500 rows at once, with texts and lists of every kind', async () => {
    const nasty = ['', 'Amélie', '𝄞', '\ud800', '"\\\n\u0000', '__proto__']
    const rows = Array.from({ length: 500 }, (_, i) =>
      row(`id%${i}`, {
        title: nasty[i % nasty.length],
        genres: nasty.slice(0, i % 7),
        year: 1900 + i / 8,
        available: i % 2 === 0,
        neighbour_scores: [i / 3, 0.5],
      }),
    )
    await owners.upsert('item', rows)
    await owners.flush('item')
    const table = await served()
    expect(table?.live).toBe(500)
    for (const { id, attributes } of rows)
      for (const [name, value] of Object.entries(attributes))
        expect(valueAt(table!.column(name), table!.slotOf(id))).toEqual(value)
  })

  it('takes a batch whose text exceeds what SQLite takes as one parameter', async () => {
    const title = '"é\\'.repeat(60_000)
    await owners.upsert(
      'item',
      Array.from({ length: 8 }, (_, i) => row(`${i}`, { title })),
    )
    expect(await owners.count('item')).toBe(8)
    expect((await owners.read('item', '7'))?.fields.title.value).toBe(title)
  })

  it('takes all rows of a batch or none', async () => {
    const large = row('3', { title: 'x'.repeat(600_000) })
    await expect(owners.upsert('item', [row('1', { title: 'x' }), large])).rejects.toThrow(
      'record 3: ',
    )
    await expect(owners.upsert('item', [row('1', {}), row('a\nb', {})])).rejects.toThrow('no id')
    expect(await owners.count('item')).toBe(0)
    await owners.upsert('item', [row('2', { title: 'y' })])
    await owners.flush('item')
    expect((await served())?.ids).toEqual(['2'])
  })

  it('refuses records of another entity', async () => {
    await expect((async () => await items().upsert('user', []))()).rejects.toThrow(
      'owns records of item, not of user',
    )
    await expect(owners.read('nothing', '1')).rejects.toThrow("no entity is named 'nothing'")
  })
})

describe('the page of a paged entity', () => {
  it('is published once for a burst of changes, and once per refresh after', async () => {
    const puts = watched('put')
    for (let i = 0; i < 20; i++) await owners.upsert('item', [row(`${i}`, { title: `t${i}` })])
    const soon = (await alarmOf(items()))! - Date.now()
    expect(soon).toBeLessThanOrEqual(250)
    await runDurableObjectAlarm(items())
    expect(puts).toEqual(['page/item/0'])
    expect((await served())?.live).toBe(20)
    expect(await alarmOf(items())).toBe(null)
    await owners.upsert('item', [row('20', { title: 'later' })])
    const later = (await alarmOf(items()))! - Date.now()
    expect(later).toBeGreaterThan(20_000)
    expect(later).toBeLessThanOrEqual(30_000)
  })

  it('is published by itself a moment after the first change', async () => {
    vi.restoreAllMocks()
    await owners.upsert('item', [row('1', { title: 'x' })])
    await vi.waitFor(async () => expect((await served())?.slotOf('1')).toBe(0), {
      timeout: 5_000,
      interval: 50,
    })
  })

  it('is not published again where nothing has changed', async () => {
    await owners.upsert('item', [row('1', { title: 'x' })])
    await owners.flush('item')
    await runDurableObjectAlarm(items())
    const puts = watched('put')
    await owners.upsert('item', [row('1', { title: 'x' }), row('1', { title: 'x' }, 5_000)])
    expect(await alarmOf(items())).toBe(null)
    expect(puts).toEqual([])
  })

  it('hides a removed record from the next one on, and leaves the others their slots', async () => {
    await owners.upsert(
      'item',
      ['a', 'b', 'c'].map((id) => row(id, { title: id })),
    )
    await owners.flush('item')
    await owners.remove('item', 'b')
    await owners.remove('item', 'unknown')
    expect(await owners.read('item', 'b')).toBe(null)
    expect((await served())?.slotOf('b')).toBe(1)
    await owners.flush('item')
    const table = await served()
    expect(table?.ids).toEqual(['a', '', 'c'])
    expect(table?.live).toBe(2)
    await owners.upsert('item', [row('b', { title: 'again' }, 1)])
    await owners.flush('item')
    expect((await served())?.ids).toEqual(['a', '', 'c', 'b'])
  })

  it('that could not be written is written later, with nothing lost', async () => {
    const puts = watched('put', (call) => {
      if (call <= 3) throw new Error('503')
    })
    await owners.upsert('item', [row('1', { title: 'x' })])
    for (const backoffMs of [1_000, 2_000, 4_000]) {
      const startedMs = Date.now()
      expect(await runDurableObjectAlarm(items())).toBe(true)
      const againMs = await alarmOf(items())
      expect(againMs).toBeGreaterThanOrEqual(startedMs + backoffMs)
      expect(againMs).toBeLessThanOrEqual(Date.now() + backoffMs)
      await owners.upsert('item', [row(`b${backoffMs}`, { title: 'x' })])
      expect(await alarmOf(items()), 'a change does not hasten it').toBe(againMs)
    }
    await runDurableObjectAlarm(items())
    expect(puts.length).toBe(4)
    expect((await served())?.ids).toEqual(['1', 'b1000', 'b2000', 'b4000'])
    expect(await alarmOf(items())).toBe(null)
  })

  it('that could not be written is still due after an eviction', async () => {
    watched('put', (call) => {
      if (call === 1) throw new Error('503')
    })
    await owners.upsert('item', [row('1', { title: 'x' })])
    await runDurableObjectAlarm(items())
    await evictDurableObject(items())
    expect(await runDurableObjectAlarm(items())).toBe(true)
    expect((await served())?.live).toBe(1)
  })

  it('follows for what changed while one was being written', async () => {
    watched('put', async (call) => {
      if (call === 1) await owners.upsert('item', [row('2', { title: 'meanwhile' })])
    })
    await owners.upsert('item', [row('1', { title: 'x' })])
    await runDurableObjectAlarm(items())
    expect((await served())?.ids).toEqual(['1'])
    expect(await runDurableObjectAlarm(items())).toBe(true)
    expect((await served())?.ids).toEqual(['1', '2'])
  })

  it('is not overtaken by an older one of a flush at the same time', async () => {
    let underWay = 0
    let most = 0
    watched('put', async () => {
      most = Math.max(most, ++underWay)
      await scheduler.wait(50)
      underWay--
    })
    await owners.upsert('item', [row('1', { title: 'x' })])
    await Promise.all([owners.flush('item'), owners.flush('item'), owners.flush('item')])
    expect(most).toBe(1)
  })

  it('fails a flush that cannot write it, and is then published by itself', async () => {
    watched('put', (call) => {
      if (call === 1) throw new Error('503 from the store')
    })
    await owners.upsert('item', [row('1', { title: 'x' })])
    await expect(owners.flush('item')).rejects.toThrow('503 from the store')
    expect(await runDurableObjectAlarm(items())).toBe(true)
    expect((await served())?.live).toBe(1)
  })

  it('is written by a flush even where there is no record', async () => {
    expect(await served()).toBe(null)
    const asOfMs = await owners.flush('item')
    expect(await served()).toMatchObject({ live: 0, size: 0, asOfMs })
  })
})

describe('the values of a keyed entity', () => {
  const ids = Array.from({ length: 250 }, (_, i) => `u${i}`)
  const published = async (id: string) => {
    const [bytes] = await store.get([recordKey('user', id)])
    return bytes && Object.fromEntries(decodeRecord(bytes))
  }
  const shard = (id: string) => RECORDS.getByName(ownerName('user', shardOf(id, User.shards)))

  it('are published one by one, those that have changed', async () => {
    const puts = watched('put')
    await owners.upsert(
      'user',
      ids.map((id) => row(id, { batch_seen: [id, '1'] })),
    )
    await owners.flush('user')
    expect(new Set(puts)).toEqual(new Set(ids.map((id) => recordKey('user', id))))
    expect(puts.length).toBe(ids.length)
    expect(await published('u7')).toEqual({
      batch_seen: { value: ['u7', '1'], status: 'present', updatedAtMs: 1_000 },
    })
    await owners.upsert('user', [row('u7', { batch_rating_mean: 3.5 })])
    expect((await alarmOf(shard('u7')))! - Date.now(), '10 s between two').toBeGreaterThan(8_000)
    puts.length = 0
    await runDurableObjectAlarm(shard('u7'))
    expect(puts).toEqual([recordKey('user', 'u7')])
    expect((await owners.read('user', 'u7'))?.publishedAtMs).toBeGreaterThan(1e12)
  })

  it('go when their record is removed', async () => {
    await owners.upsert('user', [row('u1', { batch_seen: ['1'] })])
    await owners.flush('user')
    const deletes = watched('delete', (call) => {
      if (call === 1) throw new Error('503')
    })
    await owners.remove('user', 'u1')
    expect(await owners.read('user', 'u1')).toBe(null)
    expect(await owners.count('user')).toBe(0)
    await runDurableObjectAlarm(shard('u1'))
    expect(await published('u1')).not.toBe(null)
    await runDurableObjectAlarm(shard('u1'))
    expect(deletes.length).toBe(2)
    expect(await published('u1')).toBe(null)
    const kept = await runInDurableObject(shard('u1'), (_, { storage }) =>
      storage.sql.exec('SELECT * FROM records').toArray(),
    )
    expect(kept).toEqual([])
  })

  it('come back when a removed record is pushed again before its value was deleted', async () => {
    await owners.upsert('user', [row('u1', { batch_seen: ['1'] }, 2_000)])
    await owners.flush('user')
    await owners.remove('user', 'u1')
    await owners.upsert('user', [row('u1', { batch_rating_mean: 2 }, 1_000)])
    await owners.flush('user')
    expect(await published('u1')).toEqual({
      batch_rating_mean: { value: 2, status: 'present', updatedAtMs: 1_000 },
    })
  })

  it('follow for a record that changes, or goes, while it is being written', async () => {
    const u1 = shard('u1')
    watched('put', async (call) => {
      if (call === 1) await owners.upsert('user', [row('u1', { batch_rating_mean: 2 }, 2_000)])
      if (call === 2) await owners.remove('user', 'u1')
    })
    await owners.upsert('user', [row('u1', { batch_rating_mean: 1 })])
    await runDurableObjectAlarm(u1)
    expect((await published('u1'))?.batch_rating_mean.value).toBe(1)
    await runDurableObjectAlarm(u1)
    expect((await published('u1'))?.batch_rating_mean.value).toBe(2)
    await runDurableObjectAlarm(u1)
    expect(await published('u1')).toBe(null)
  })

  it('lose nothing when the store fails in the middle, or a record changes meanwhile', async () => {
    let failed = 0
    watched('put', async (call) => {
      if (call === 20)
        await shard('u0').upsert('user', [row('u0', { batch_rating_mean: 5 }, 9_000)])
      if (call % 31 === 0 && failed < 6) throw new Error(`503 (${++failed})`)
    })
    await owners.upsert(
      'user',
      ids.map((id) => row(id, { batch_rating_mean: 1 })),
    )
    for (let i = 0; i < 12; i++)
      for (let s = 0; s < User.shards; s++)
        await runDurableObjectAlarm(RECORDS.getByName(ownerName('user', s)))
    for (const id of ids)
      expect((await published(id))?.batch_rating_mean.value, id).toBe(id === 'u0' ? 5 : 1)
    expect(failed).toBe(6)
  })
})

describe('the import ledger', () => {
  it('says where the first load stands', async () => {
    expect(await owners.importState('item')).toEqual({ state: 'none', atMs: 0 })
    await owners.markImport('item', 'running')
    expect((await owners.importState('item')).state).toBe('running')
    await evictDurableObject(items())
    expect((await owners.importState('item')).state).toBe('running')
  })

  it('says done once everything is published, with a time that only later tables reach', async () => {
    await owners.upsert('item', [row('1', { title: 'x' })])
    await owners.flush('item')
    const before = await served()
    await owners.upsert('item', [row('2', { title: 'y' })])
    await owners.markImport('item', 'done')
    const { state, atMs } = await owners.importState('item')
    const after = await served()
    expect(state).toBe('done')
    expect(before?.asOfMs).toBeLessThan(atMs)
    expect(after?.asOfMs).toBeGreaterThanOrEqual(atMs)
    expect(after?.live).toBe(2)
  })

  it('does not say done where the store could not be written', async () => {
    watched('put', () => {
      throw new Error('503')
    })
    await owners.markImport('item', 'running')
    await expect(owners.markImport('item', 'done')).rejects.toThrow('503')
    expect((await owners.importState('item')).state).toBe('running')
  })
})
