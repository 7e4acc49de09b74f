import { runDurableObjectAlarm } from 'cloudflare:test'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { aggregateAt } from '../../src/core/aggregate/batch.ts'
import { DAY_MS, HOUR_MS } from '../../src/core/duration.ts'
import type { Entity } from '../../src/core/entity.ts'
import { eventView, type OutcomeEvent } from '../../src/core/event-envelope.ts'
import { STATUSES } from '../../src/core/field.ts'
import type { IdSet } from '../../src/core/id-set.ts'
import { shardOf } from '../../src/core/shard.ts'
import { statusAt, type Table } from '../../src/core/table.ts'
import { decodeRecord, recordKey } from '../../src/store/record-value.ts'
import { ownerName } from '../../src/wheel/record-owners.ts'
import { Item, User } from '../../stages/entities.ts'
import { apply, history, outcome } from './apply-fixture.ts'
import {
  alarmOf,
  isolateTests,
  items,
  owners,
  RECORDS,
  row,
  served,
  store,
  watched,
} from './record-fixture.ts'

isolateTests()
afterEach(() => {
  vi.useRealTimers()
})

/** From now on it is so much later. */
function later(ms: number): void {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + ms })
}

const person = (id: string) => RECORDS.getByName(ownerName('user', shardOf(id, User.shards)))

/** Every aggregate of a slot equals the batch value as of the table's own time, in float32. */
function expectBatch(table: Table, id: string, list: readonly OutcomeEvent[]): void {
  const views = list.filter(({ item }) => item === id).map(eventView)
  const { definitions } = (Item as unknown as Entity).aggregates
  for (const [name, aggregate] of Object.entries(definitions)) {
    const column = table.numberColumn(name)
    const slot = table.slotOf(id)
    const { value, status } = aggregateAt(aggregate, views, table.asOfMs)
    expect(STATUSES[statusAt(column, slot)], `${name} of ${id}`).toBe(status)
    expect(column?.values[slot], `${name} of ${id}`).toBe(
      Math.fround(value === null ? Number.NaN : Number(value)),
    )
  }
}

describe('the page of aggregates', () => {
  it('equals the batch values as of its own time, for every slot', async () => {
    const list = history(21, 200)
    await owners.upsert(
      'item',
      ['0', '1', '2', '3', '4', '5', 'untouched'].map((id) => row(id, { title: id })),
    )
    await apply(list)
    await owners.flush('item')
    const table = (await served()) as Table
    for (const id of ['0', '1', '2', '3', '4', '5', 'untouched']) expectBatch(table, id, list)
    expect(table.numberColumn('ctr_7d')?.values).toBeInstanceOf(Float32Array)
  })

  it('is published for clicks, once per refresh, and that of attributes is not', async () => {
    await owners.upsert('item', [row('1', { title: 'x' })])
    await owners.flush('item')
    const puts = watched('put')
    for (let n = 0; n < 5; n++) await apply([outcome({ user: null })])
    expect((await alarmOf(items()))! - Date.now()).toBeGreaterThan(20_000)
    await runDurableObjectAlarm(items())
    expect(puts).toEqual(['page/item/0/aggregates'])
    expect((await served())?.numberColumn('clicks_7d')?.values[0]).toBe(5)
    await apply([outcome({ user: null })])
    const againMs = (await alarmOf(items()))! - Date.now()
    expect(againMs).toBeGreaterThan(20_000)
    expect(againMs).toBeLessThanOrEqual(30_000)
  })

  it('waits its turn where an alarm comes for attributes', async () => {
    await owners.upsert('item', [row('1', { title: 'x' })])
    await owners.flush('item')
    later(31_000)
    await apply([outcome({ user: null })])
    await runDurableObjectAlarm(items())
    const puts = watched('put')
    await owners.upsert('item', [row('1', { title: 'y' })])
    await apply([outcome({ user: null })])
    await runDurableObjectAlarm(items())
    expect(puts).toEqual(['page/item/0'])
    expect((await alarmOf(items()))! - Date.now()).toBeGreaterThan(20_000)
  })

  it('is published when a window hops, without any event', async () => {
    const click = outcome({ user: null, eventTimeMs: Date.now() - 7 * DAY_MS + 2 * HOUR_MS })
    await owners.upsert('item', [row('1', { title: 'x' })])
    await apply([click])
    await owners.flush('item')
    const clicks = async () => (await served())?.numberColumn('clicks_7d')?.values[0]
    expect(await clicks()).toBe(1)
    const hopMs = (await alarmOf(items())) as number
    const leavesAtMs = (Math.floor(click.eventTimeMs / HOUR_MS) + 168) * HOUR_MS
    // Keys are looked through every 6 h, the window hops sooner.
    expect(hopMs).toBe(leavesAtMs)
    later(leavesAtMs - Date.now() + 1)
    await runDurableObjectAlarm(items())
    expect(await clicks()).toBe(0)
    expect(statusAt((await served())!.numberColumn('ctr_7d'), 0)).toBe(
      STATUSES.indexOf('defaulted'),
    )
  })

  it('may be older than that of attributes: what it lacks has the values of no events', async () => {
    await owners.upsert('item', [row('1', { title: 'x' })])
    await apply([outcome({ user: null })])
    await owners.flush('item')
    const puts = watched('put')
    await apply([outcome({ user: null, item: '2' })])
    await owners.upsert('item', [row('2', { title: 'y' })])
    await runDurableObjectAlarm(items())
    expect(puts).toEqual(['page/item/0'])
    const values = async () => [...((await served())?.numberColumn('clicks_7d')?.values ?? [])]
    expect(await values()).toEqual([1, 0])
    expect(statusAt((await served())!.numberColumn('ctr_7d'), 1)).toBe(
      STATUSES.indexOf('defaulted'),
    )
    expect(statusAt((await served())!.numberColumn('ratings_mean'), 1)).toBe(
      STATUSES.indexOf('missing'),
    )
    later(31_000)
    await runDurableObjectAlarm(items())
    expect(await values()).toEqual([1, 1])
  })

  it('that could not be written is written later', async () => {
    await owners.upsert('item', [row('1', { title: 'x' })])
    await owners.flush('item')
    later(31_000)
    watched('put', (call) => {
      if (call <= 2) throw new Error('503')
    })
    await apply([outcome({ user: null })])
    for (let n = 0; n < 3; n++) await runDurableObjectAlarm(items())
    expect((await served())?.numberColumn('clicks_7d')?.values[0]).toBe(1)
  })
})

describe('the published record of a user', () => {
  const published = async (id: string, nowMs: number) => {
    const [bytes] = await store.get([recordKey('user', id)])
    return bytes && decodeRecord(bytes, nowMs, User)
  }

  it('equals the batch values at the time it is read, however much later', async () => {
    const list = history(22, 200)
    await apply(list)
    await owners.flush('user')
    for (const nowMs of [Date.now(), Date.now() + 3 * DAY_MS, Date.now() + 400 * DAY_MS])
      for (const id of ['u0', 'u1', 'u2', 'u3']) {
        const record = await published(id, nowMs)
        const views = list.filter(({ user }) => user === id).map(eventView)
        const { definitions } = (User as unknown as Entity).aggregates
        for (const [name, aggregate] of Object.entries(definitions)) {
          const batch = aggregateAt(aggregate, views, nowMs)
          if (name === 'seen')
            expect((record!.get(name)!.value as IdSet).size).toBe((batch.value as IdSet).size)
          else expect(record?.get(name), name).toEqual(batch)
        }
      }
  })

  it('keeps attributes and aggregates beside each other', async () => {
    await owners.upsert('user', [row('u', { batch_rating_mean: 3.5 })])
    await apply([outcome({ type: 'rate', value: 4 })])
    await owners.flush('user')
    const record = await published('u', Date.now())
    expect(record?.get('batch_rating_mean')?.value).toBe(3.5)
    expect(record?.get('ratings_total')?.value).toBe(1)
    expect((record!.get('seen')!.value as IdSet).has('1')).toBe(true)
  })

  it('is published within 250 ms, then every 10 s at most', async () => {
    await apply([outcome()])
    expect((await alarmOf(person('u')))! - Date.now()).toBeLessThanOrEqual(250)
    await runDurableObjectAlarm(person('u'))
    await apply([outcome()])
    const againMs = (await alarmOf(person('u')))! - Date.now()
    expect(againMs).toBeGreaterThan(8_000)
    expect(againMs).toBeLessThanOrEqual(10_000)
  })

  it('is not published for impressions alone, and tells of them with the next click', async () => {
    // The example counts none for users; the object does not know that.
    const puts = watched('put')
    const change = (type: string, n: number) => ({
      sequence: n,
      ...{ ids: ['u'], event: eventView(outcome({ type, id: `q${n}` })), retraction: false },
      ...{ key: `event-${n}`.padEnd(16, '-'), retractionKey: `back-${n}`.padEnd(16, '-') },
      ...{ keyTimeMs: Date.now(), quiet: type === 'impression' },
    })
    await person('u').apply('user', [{ ...change('click', 1), quiet: true }])
    const soonMs = (await alarmOf(person('u')))! - Date.now()
    expect(soonMs, 'only the keys will be looked through').toBeGreaterThan(HOUR_MS)
    expect((await owners.read('user', 'u'))?.fields.clicks_7d.value).toBe(1)
    await person('u').apply('user', [change('click', 2)])
    await runDurableObjectAlarm(person('u'))
    expect(puts).toEqual([recordKey('user', 'u')])
    expect((await published('u', Date.now()))?.get('clicks_7d')?.value).toBe(2)
  })
})
