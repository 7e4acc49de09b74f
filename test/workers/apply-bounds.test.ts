import { runDurableObjectAlarm } from 'cloudflare:test'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { count } from '../../src/core/aggregate/declare.ts'
import { DAY_MS, HOUR_MS } from '../../src/core/duration.ts'
import { defineEntity, type Entity } from '../../src/core/entity.ts'
import { shardOf } from '../../src/core/shard.ts'
import { recordKey } from '../../src/store/record-value.ts'
import { ownerName } from '../../src/wheel/record-owners.ts'
import { sweep } from '../../src/wheel/record-sweep.ts'
import { Item, User } from '../../stages/entities.ts'
import { apply, changesFor, options, outcome, Person, Thing, withOwner } from './apply-fixture.ts'
import {
  alarmOf,
  isolateTests,
  items,
  owners,
  RECORDS,
  row,
  served,
  store,
} from './record-fixture.ts'

isolateTests()
afterEach(() => {
  vi.useRealTimers()
})

const rowsOf = ({ sql }: DurableObjectStorage, table: string) =>
  sql.exec<{ n: number }>(`SELECT count(*) AS n FROM ${table}`).one().n

describe('ids that nobody pushed', () => {
  it('are counted, shown by their owner, and on no page until they are pushed', async () => {
    await apply([outcome({ user: null, item: 'new' })])
    await owners.flush('item')
    expect((await served())?.slotOf('new')).toBe(-1)
    expect((await owners.read('item', 'new'))?.fields.clicks_7d.value).toBe(1)
    await owners.upsert('item', [row('new', { title: 'at last' })])
    await owners.flush('item')
    const table = await served()
    expect(table?.numberColumn('clicks_7d')?.values[table.slotOf('new')]).toBe(1)
  })

  it('make no more records than there is room for, and others go on', async () => {
    await withOwner(
      Thing,
      (owner, storage) => {
        owner.upsert([row('1', {})])
        const flood = Array.from({ length: 400 }, (_, n) => outcome({ item: `bomb-${n}` }))
        for (let at = 0; at < flood.length; at += 50)
          owner.apply(changesFor(Thing, [...flood.slice(at, at + 50), outcome()]), Date.now())
        expect(rowsOf(storage, 'aggregates')).toBe(101)
        expect(rowsOf(storage, 'records')).toBe(1)
        expect(owner.rows.state.get()).toMatchObject({ unpushed: 100, dropped: 300, slots: 1 })
        expect(owner.read('1', Date.now())?.fields.clicks_1h.value).toBe(8)
        // Who has a record already goes on counting.
        owner.apply(changesFor(Thing, [outcome({ item: 'bomb-3' })]), Date.now())
        expect(owner.read('bomb-3', Date.now())?.fields.clicks_1h.value).toBe(2)
        // Room is made by pushing, by removal, and by time.
        owner.upsert([row('bomb-0', {})])
        owner.remove('bomb-1')
        expect(owner.rows.state.get().unpushed).toBe(98)
        sweep(owner.rows, Date.now() + 32 * DAY_MS)
        expect(owner.rows.state.get().unpushed).toBe(0)
        expect(rowsOf(storage, 'aggregates')).toBe(2)
      },
      { maxUnpushed: 100 },
    )
  })

  it('of people have records within a cap, which go when nothing is heard of them for long', async () => {
    await withOwner(
      Person,
      (owner, storage) => {
        const flood = Array.from({ length: 30 }, (_, n) => outcome({ user: `guest-${n}` }))
        owner.apply(changesFor(Person, flood), Date.now())
        expect(rowsOf(storage, 'records')).toBe(10)
        expect(owner.rows.state.get()).toMatchObject({ unpushed: 10, dropped: 20 })
        sweep(owner.rows, Date.now() + 402 * DAY_MS)
        expect(rowsOf(storage, 'aggregates')).toBe(0)
        expect(owner.rows.state.get().unpushed).toBe(0)
        expect(owner.rows.records.pending(1e9).every(({ fields }) => fields === null)).toBe(true)
      },
      { maxUnpushed: 10, name: 'user/0' },
    )
  })

  it('of pairs have slots on a page, within a cap', async () => {
    const Pair = defineEntity('item', {
      layout: 'paged',
      owner: 'tests',
      of: { user: User, item: Item },
      attributes: {},
      aggregates: { clicks: count('click') },
    }) as unknown as Entity
    await withOwner(
      Pair,
      (owner) => {
        const flood = Array.from({ length: 30 }, (_, n) => outcome({ item: `${n % 20}` }))
        owner.apply(changesFor(Pair, flood), Date.now())
        expect(owner.rows.state.get()).toMatchObject({ slots: 10, dropped: 10 })
        expect(owner.read('u:3', Date.now())?.fields.clicks.value).toBe(2)
        expect(owner.read('u:13', Date.now())).toBe(null)
        owner.forget('u', Date.now())
        expect(owner.read('u:3', Date.now())).toBe(null)
        owner.apply(changesFor(Pair, [outcome({ item: '3' })]), Date.now())
        expect(owner.read('u:3', Date.now())).toBe(null)
      },
      { maxUnpushed: 10 },
    )
  })
})

describe('a sweep', () => {
  it('comes by itself, bounds the keys, and ends when nothing is left to look for', async () => {
    await owners.upsert('item', [row('1', { title: 'x' })])
    await apply([outcome({ user: null })])
    await owners.flush('item')
    const dueMs = (await alarmOf(items())) as number
    expect(dueMs - Date.now()).toBeLessThanOrEqual(6 * HOUR_MS)
    for (let day = 0; day < 17; day++) {
      vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + DAY_MS })
      await runDurableObjectAlarm(items())
    }
    expect(await alarmOf(items())).toBe(null)
    expect((await owners.read('item', '1'))?.fields.clicks_7d.value).toBe(0)
  })

  it('that throws is tried again, and holds up no publication', async () => {
    await owners.upsert('item', [row('1', { title: 'x' })])
    await apply([outcome({ user: null })])
    await owners.flush('item')
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 7 * HOUR_MS })
    await apply([outcome({ user: null })])
    const prototype = await withOwner(
      Thing,
      (_, { sql }) => Object.getPrototypeOf(sql) as SqlStorage,
    )
    const { exec } = prototype
    const spy = vi.spyOn(prototype, 'exec').mockImplementation(function (
      this: SqlStorage,
      query: string,
      ...given: unknown[]
    ) {
      if (query.startsWith('DELETE FROM dedupe')) throw new Error('disk I/O error')
      return exec.call(this, query, ...given)
    } as SqlStorage['exec'])
    await runDurableObjectAlarm(items())
    const againMs = (await alarmOf(items()))! - Date.now()
    expect(againMs).toBeGreaterThan(0)
    expect(againMs).toBeLessThanOrEqual(60_000)
    expect((await served())?.numberColumn('clicks_7d')?.values[0]).toBe(2)
    spy.mockRestore()
  })
})

describe('somebody who is forgotten', () => {
  const shard = RECORDS.getByName(ownerName('user', shardOf('u', User.shards)))
  const published = async () => (await store.get([recordKey('user', 'u')]))[0]

  it('leaves no record and no published value, but the counts of items', async () => {
    await owners.upsert('user', [row('u', { batch_rating_mean: 3 })])
    await apply([outcome()])
    await owners.flush('user')
    expect(await published()).not.toBe(null)
    await options.eventOwners.forget('user', 'u')
    expect(await owners.read('user', 'u')).toBe(null)
    await runDurableObjectAlarm(shard)
    expect(await published()).toBe(null)
    expect((await owners.read('item', '1'))?.fields.clicks_7d.value).toBe(1)
    const left = await withOwner(Thing, () => null).then(() => owners.read('user', 'u'))
    expect(left).toBe(null)
  })

  it('is not known again by what arrives within 30 days, and is by being pushed', async () => {
    await apply([outcome()])
    await options.eventOwners.forget('user', 'u')
    await apply([outcome()])
    expect(await owners.read('user', 'u')).toBe(null)
    await owners.upsert('user', [row('u', { batch_rating_mean: 4 })])
    await apply([outcome()])
    expect((await owners.read('user', 'u'))?.fields.clicks_7d.value).toBe(1)
  })

  it('is known again after 30 days', async () => {
    await options.eventOwners.forget('user', 'u')
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 30 * DAY_MS + HOUR_MS })
    await apply([outcome()])
    expect((await owners.read('user', 'u'))?.fields.clicks_7d.value).toBe(1)
  })
})
