import { evictDurableObject } from 'cloudflare:test'
import { describe, expect, it } from 'vitest'
import { aggregateAt } from '../../src/core/aggregate/batch.ts'
import { DAY_MS, HOUR_MS } from '../../src/core/duration.ts'
import type { Entity } from '../../src/core/entity.ts'
import { eventView, type OutcomeEvent } from '../../src/core/event-envelope.ts'
import { mulberry32 } from '../../src/core/mulberry32.ts'
import { Item, User } from '../../stages/entities.ts'
import {
  apply,
  batches,
  changesFor,
  delivered,
  history,
  outcome,
  Person,
  retractionOf,
  rowsWritten,
  Thing,
  withOwner,
} from './apply-fixture.ts'
import { isolateTests, items, owners, row } from './record-fixture.ts'

isolateTests()

/** All values of a record, straight from the events that count. */
function batchValues(
  entity: Entity,
  list: readonly OutcomeEvent[],
  takenBack: ReadonlySet<string>,
  nowMs: number,
) {
  const views = list.map(eventView)
  return Object.fromEntries(
    Object.entries(entity.aggregates.definitions).map(([name, aggregate]) => {
      const at = aggregateAt(aggregate, views, nowMs, ({ id }) => takenBack.has(id))
      return [name, [shown(at.value), at.status]]
    }),
  )
}

function shown(value: unknown): unknown {
  return value !== null && typeof value === 'object' && 'size' in value ? value.size : value
}

async function ownedValues(entity: string, id: string) {
  const record = await owners.read(entity, id)
  return Object.fromEntries(
    Object.entries(record?.fields ?? {}).map(([name, { value, status }]) => [
      name,
      [value, status],
    ]),
  )
}

describe('events', () => {
  it('count once in every record they touch, duplicated, shuffled and taken back', async () => {
    const list = history(1, 300)
    const { deliveries, takenBack } = delivered(2, list)
    for (const batch of batches(mulberry32(3), deliveries, 60)) await apply(batch)
    const nowMs = Date.now()
    for (const id of ['0', '1', '2', '3', '4', '5']) {
      const mine = list.filter(({ item }) => item === id)
      expect(await ownedValues('item', id)).toMatchObject(
        batchValues(Item as unknown as Entity, mine, takenBack, nowMs),
      )
    }
    for (const id of ['u0', 'u1', 'u2', 'u3']) {
      const mine = list.filter(({ user }) => user === id)
      expect(await ownedValues('user', id)).toMatchObject(
        batchValues(User as unknown as Entity, mine, takenBack, nowMs),
      )
    }
  })

  it('leave alone the record of who does not consent to it', async () => {
    await apply([outcome({ consent: { personalize: false, train: true } })])
    expect(await owners.read('user', 'u')).toBe(null)
    expect((await ownedValues('item', '1')).clicks_7d).toEqual([1, 'present'])
  })

  it('that do not count, or are of a type nobody declares, change nothing', async () => {
    await apply([outcome({ trust: 'no_receipt', voucher: null }), outcome({ type: 'gone' })])
    expect(await owners.read('item', '1')).toBe(null)
  })

  it('say when they happened, and are there for whoever asks the owner', async () => {
    const atMs = Date.now() - 5_000
    await apply([outcome({ type: 'rate', value: 4, eventTimeMs: atMs })])
    const record = await owners.read('user', 'u')
    expect(record?.fields.ratings_total).toEqual({ value: 1, status: 'present', updatedAtMs: atMs })
    expect(record?.fields.recent_items.value).toEqual(['1'])
    expect(record?.fields.seen.value).toBe(1)
  })

  it('survive an eviction between any two deliveries', async () => {
    const click = outcome()
    await apply([click])
    await evictDurableObject(items())
    await apply([click, retractionOf(click)])
    await evictDurableObject(items())
    await apply([click, retractionOf(click), outcome()])
    expect((await ownedValues('item', '1')).clicks_7d).toEqual([1, 'present'])
  })
})

describe('a batch of events', () => {
  it('is applied with its keys or not at all, wherever it breaks', async () => {
    const list = history(7, 40, HOUR_MS)
    const changes = changesFor(Thing, list)
    for (let breakAt = 1; ; breakAt++) {
      const broke = await withOwner(Thing, (owner, storage) => {
        for (const table of ['aggregates', 'dedupe', 'state'])
          storage.sql.exec(`DELETE FROM ${table}`)
        const prototype = Object.getPrototypeOf(storage.sql) as SqlStorage
        const real = prototype.exec
        let calls = 0
        prototype.exec = function (this: SqlStorage, ...given: [string]) {
          const writes = /^\s*(INSERT|UPDATE|DELETE)/.test(given[0])
          // After the statement, so that only the transaction can undo it.
          const cursor = real.apply(this, given)
          if (writes && ++calls === breakAt) throw new Error('the machine is gone')
          return cursor
        } as SqlStorage['exec']
        try {
          owner.apply(changes, Date.now())
          return false
        } catch {
          return true
        } finally {
          prototype.exec = real
        }
      })
      // Another instance, as after a crash, and the message comes again.
      const report = await withOwner(Thing, (owner) => owner.apply(changes, Date.now()))
      expect(report.applied, `broken at write ${breakAt}`).toBe(broke ? list.length : 0)
      if (!broke) {
        expect(breakAt).toBeGreaterThan(3)
        return
      }
    }
  })

  it('of 100 events of one item writes a row of keys and one of the record', async () => {
    const list = Array.from({ length: 100 }, () => outcome({ eventTimeMs: Date.now() - 60_000 }))
    await withOwner(Thing, (owner, storage) => {
      owner.apply(changesFor(Thing, list.slice(0, 1)), Date.now())
      const rows = rowsWritten(storage, () => owner.apply(changesFor(Thing, list), Date.now()))
      expect(rows).toMatchObject({ dedupe: 1, aggregates: 1 })
      expect(rows.all).toBeLessThanOrEqual(4)
    })
  })

  it('writes a row for each item, three for each user, and two for itself', async () => {
    const clicks = () =>
      Array.from({ length: 100 }, (_, n) =>
        outcome({ item: `i${n}`, user: `u${n % 20}`, eventTimeMs: Date.now() - 60_000 }),
      )
    const costOf = (entity: Entity, name: string) =>
      withOwner(
        entity,
        (owner, storage) => {
          if (entity.layout === 'paged')
            owner.upsert(clicks().map(({ item }) => row(String(item), {})))
          const apply = (events: readonly OutcomeEvent[]) =>
            rowsWritten(storage, () => owner.apply(changesFor(entity, events), Date.now())).all
          return [apply(clicks()), apply(clicks())]
        },
        { name },
      )
    // The first one also says when to look for what has lived its time.
    expect(await costOf(Thing, 'item/0')).toEqual([103, 102])
    expect(await costOf(Person, 'user/0')).toEqual([63, 62])
  })

  it('of many hours writes one row of keys for each, and full ones are not written again', async () => {
    await withOwner(Thing, (owner, storage) => {
      const hour = Math.floor(Date.now() / HOUR_MS) * HOUR_MS - 5 * HOUR_MS
      const of = (n: number, atMs: number) => outcome({ id: `k${n}`, eventTimeMs: atMs })
      const many = Array.from({ length: 3_000 }, (_, n) => of(n, hour + n))
      for (let at = 0; at < many.length; at += 500)
        owner.apply(changesFor(Thing, many.slice(at, at + 500)), Date.now())
      const segments = storage.sql
        .exec('SELECT hour, segment, length(keys) AS bytes FROM dedupe ORDER BY segment')
        .toArray()
      expect(segments.map(({ bytes }) => bytes)).toEqual([16_380, 16_380, 3_240])
      const mixed = [of(9_001, hour), of(9_002, hour + HOUR_MS), of(9_003, hour + 2 * HOUR_MS)]
      const rows = rowsWritten(storage, () => owner.apply(changesFor(Thing, mixed), Date.now()))
      expect(rows.dedupe).toBe(3)
      const again = owner.apply(changesFor(Thing, [...many, ...mixed]), Date.now())
      expect(again).toMatchObject({ applied: 0, repeated: 3_003 })
    })
  })

  it('that comes when its keys are forgotten is not counted, and counted as late', async () => {
    await withOwner(Thing, async (owner, storage) => {
      const old = outcome({ eventTimeMs: Date.now() - 13 * DAY_MS })
      owner.apply(changesFor(Thing, [old, outcome()]), Date.now())
      const later = Date.now() + 3 * DAY_MS
      owner.rows.state.set({ sweepAtMs: 0 })
      const { sweep } = await import('../../src/wheel/record-sweep.ts')
      sweep(owner.rows, later)
      expect(storage.sql.exec('SELECT count(*) AS n FROM dedupe').one().n).toBe(1)
      const report = owner.apply(changesFor(Thing, [old]), later)
      expect(report).toMatchObject({ applied: 0, late: 1 })
      expect(owner.rows.state.get().late).toBe(1)
      sweep(owner.rows, later + 20 * DAY_MS)
      expect(storage.sql.exec('SELECT count(*) AS n FROM dedupe').one().n).toBe(0)
    })
  })
})

describe('what is kept of a user', () => {
  it('is the same bytes whatever the order, once it is pruned at one time', async () => {
    const list = history(11, 200)
    const { deliveries } = delivered(12, list)
    const taken = deliveries.filter(({ retracts }) => retracts !== null)
    const inOrder = [...list, ...taken].sort((a, b) => a.eventTimeMs - b.eventTimeMs)
    const nowMs = Date.now()
    const bytes = []
    for (const order of [inOrder, deliveries, deliveries.toReversed()])
      bytes.push(
        await withOwner(
          Person,
          (owner, storage) => {
            for (const table of ['aggregates', 'dedupe', 'records'])
              storage.sql.exec(`DELETE FROM ${table}`)
            for (const batch of batches(mulberry32(5), order, 40))
              owner.apply(changesFor(Person, batch), nowMs)
            return [...owner.rows.aggregates.read(['u0', 'u1', 'u2', 'u3'])]
          },
          { name: 'user/0' },
        ),
      )
    expect(bytes[0].length).toBe(4)
    expect(bytes[1]).toEqual(bytes[0])
    expect(bytes[2]).toEqual(bytes[0])
  })
})
