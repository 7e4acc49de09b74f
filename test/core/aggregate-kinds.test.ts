import { describe, expect, it } from 'vitest'
import { aggregateAt } from '../../src/core/aggregate/batch.ts'
import {
  count,
  decayed,
  distinct,
  last,
  lastK,
  max,
  mean,
  min,
  rate,
  sum,
} from '../../src/core/aggregate/declare.ts'
import type { Aggregate } from '../../src/core/aggregate/definition.ts'
import { aggregateSet } from '../../src/core/aggregate/set.ts'
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../src/core/duration.ts'
import type { EventView } from '../../src/core/event-envelope.ts'

/** The start of a day, UTC. */
const MIDNIGHT_MS = Date.UTC(2026, 8, 1)

function event(type: string, timeMs: number, more: Partial<EventView> = {}): EventView {
  return {
    ...{ id: `${type}-${timeMs}`, type, item: '318', user: 'u_1', position: 1, value: Number.NaN },
    ...{ timeMs, useCase: null, variant: null, model: null, properties: {} },
    ...more,
  }
}

/** Value and status after events; the tiles and the batch must agree before anybody looks. */
function valueAfter(aggregate: Aggregate, events: readonly EventView[], nowMs: number) {
  const set = aggregateSet('thing', { it: aggregate })
  const record = set.create()
  for (const one of events) set.apply(record, one)
  const { value, status } = set.valueAt(record, 'it', nowMs)
  expect({ value, status }).toMatchObject(pick(aggregateAt(aggregate, events, nowMs)))
  return [value, status]
}

function pick({ value, status }: { value: unknown; status: string }) {
  return { value, status }
}

const rated = (timeMs: number, value: number, more: Partial<EventView> = {}) =>
  event('rate', timeMs, { value, ...more })

describe('without events', () => {
  it('counts and sums are 0, lists empty, rates their prior, the others missing', () => {
    const values = (aggregate: Aggregate) => valueAfter(aggregate, [], MIDNIGHT_MS)
    expect(values(count('click'))).toEqual([0, 'present'])
    expect(values(sum('rate', { window: '7d' }))).toEqual([0, 'present'])
    expect(values(decayed('click', { halfLife: '6h' }))).toEqual([0, 'present'])
    expect(values(distinct('click', { of: 'item' }))).toEqual([0, 'present'])
    expect(values(lastK('click', { k: 5, of: 'item' }))).toEqual([[], 'present'])
    expect(values(rate('click', 'impression', { prior: [1, 20] }))).toEqual([0.05, 'defaulted'])
    for (const kind of [mean, min, max, last])
      expect(values(kind('rate'))).toEqual([null, 'missing'])
  })
})

describe('a window', () => {
  const clicks = count('click', { window: '7d' })

  it('has hops of 5 min up to 12 h, of 1 h up to 12 d, of 1 d beyond', () => {
    for (const [window, hopMs, windowMs] of [
      ['12h', 5 * MINUTE_MS, 12 * HOUR_MS],
      ['13h', HOUR_MS, 13 * HOUR_MS],
      ['12d', HOUR_MS, 12 * DAY_MS],
      ['13d', DAY_MS, 13 * DAY_MS],
    ] as const) {
      const clicks = count('click', { window })
      const events = [event('click', MIDNIGHT_MS), event('click', MIDNIGHT_MS + hopMs - 1)]
      // Both are of one tile, which leaves when the window's length has passed since it began.
      expect(valueAfter(clicks, events, MIDNIGHT_MS + windowMs - 1)).toEqual([2, 'present'])
      expect(valueAfter(clicks, events, MIDNIGHT_MS + windowMs)).toEqual([0, 'present'])
    }
  })

  it('has its right edge at the wall clock: an event counts in the ms it happens', () => {
    expect(valueAfter(clicks, [event('click', MIDNIGHT_MS + 17)], MIDNIGHT_MS + 17)).toEqual([
      1,
      'present',
    ])
  })

  it('puts a late event into its own tile, and one older than the window nowhere', () => {
    const late = event('click', MIDNIGHT_MS - 6 * DAY_MS)
    const old = event('click', MIDNIGHT_MS - 7 * DAY_MS - HOUR_MS)
    expect(valueAfter(clicks, [event('click', MIDNIGHT_MS), late, old], MIDNIGHT_MS)).toEqual([
      2,
      'present',
    ])
    const dayLater = MIDNIGHT_MS + DAY_MS
    expect(valueAfter(clicks, [event('click', MIDNIGHT_MS), late, old], dayLater)).toEqual([
      1,
      'present',
    ])
  })

  it('says when it changes by itself', () => {
    const set = aggregateSet('thing', {
      clicks,
      all: count('click'),
      aged: count('click', { maxAge: '1d' }),
    })
    const record = set.create()
    expect(set.nextChangeMs(record, MIDNIGHT_MS)).toBe(Number.POSITIVE_INFINITY)
    set.apply(record, event('click', MIDNIGHT_MS + 5))
    expect(set.nextChangeMs(record, MIDNIGHT_MS + 5)).toBe(MIDNIGHT_MS + DAY_MS + 6)
    expect(set.nextChangeMs(record, MIDNIGHT_MS + 2 * DAY_MS)).toBe(MIDNIGHT_MS + 7 * DAY_MS)
    expect(set.nextChangeMs(record, MIDNIGHT_MS + 7 * DAY_MS)).toBe(Number.POSITIVE_INFINITY)
  })
})

describe('values', () => {
  it('are summed in 1e-6 units, so that no order changes the last digit', () => {
    const tenths = [0.1, 0.2, 0.3, 1e9, -1e9].map((value, n) => rated(MIDNIGHT_MS + n, value))
    expect(valueAfter(sum('rate'), tenths, MIDNIGHT_MS + 10)).toEqual([0.6, 'present'])
    expect(valueAfter(sum('rate'), tenths.toReversed(), MIDNIGHT_MS + 10)).toEqual([0.6, 'present'])
  })

  it('add up exactly beyond 2^53 units', () => {
    const large = Array.from({ length: 20 }, (_, n) => rated(MIDNIGHT_MS + n, 1e9))
    const events = [
      ...large,
      rated(MIDNIGHT_MS + 30, 0.25),
      ...large.map((one) => ({ ...one, value: -1e9 })),
    ]
    expect(valueAfter(sum('rate'), events, MIDNIGHT_MS + 50)).toEqual([0.25, 'present'])
  })

  it('that are none, or beyond what an event may carry, count for no value', () => {
    const events = [
      rated(MIDNIGHT_MS, 4),
      event('rate', MIDNIGHT_MS + 1),
      rated(MIDNIGHT_MS + 2, 1e10),
    ]
    expect(valueAfter(mean('rate'), events, MIDNIGHT_MS + 9)).toEqual([4, 'present'])
    expect(valueAfter(last('rate'), events, MIDNIGHT_MS + 9)).toEqual([4, 'present'])
    expect(valueAfter(count('rate'), events, MIDNIGHT_MS + 9)).toEqual([3, 'present'])
  })

  it('of the same ms are told apart by the hash of the id, whoever comes first', () => {
    const two = [rated(MIDNIGHT_MS, 1, { id: 'a' }), rated(MIDNIGHT_MS, 2, { id: 'b' })]
    const [value] = valueAfter(last('rate'), two, MIDNIGHT_MS)
    expect(valueAfter(last('rate'), two.toReversed(), MIDNIGHT_MS)).toEqual([value, 'present'])
  })
})

describe('kinds', () => {
  const clicksOf = (...items: string[]) =>
    items.map((item, n) => event('click', MIDNIGHT_MS + n, { item, id: `e${n}` }))

  it('list the last items newest first, each once, by its latest event', () => {
    const recent = lastK('click', { k: 3, of: 'item' })
    expect(valueAfter(recent, clicksOf('1', '2', '1', '3'), MIDNIGHT_MS + 9)[0]).toEqual([
      '3',
      '1',
      '2',
    ])
    expect(valueAfter(recent, clicksOf('1', '2', '3', '4', '2'), MIDNIGHT_MS + 9)[0]).toEqual([
      '2',
      '4',
      '3',
    ])
  })

  it('take only what a predicate keeps, of several types of events', () => {
    const liked = lastK(['click', { type: 'rate', when: ({ value }) => value >= 4 }], {
      ...{ k: 50, of: 'item' as const },
    })
    const events = [
      event('click', MIDNIGHT_MS, { item: '1' }),
      rated(MIDNIGHT_MS + 1, 4, { item: '2' }),
      rated(MIDNIGHT_MS + 2, 3.5, { item: '3' }),
    ]
    expect(valueAfter(liked, events, MIDNIGHT_MS + 9)[0]).toEqual(['2', '1'])
  })

  it('count different subjects exactly up to k, and near it beyond', () => {
    const people = (most: number) =>
      Array.from({ length: most }, (_, n) => event('click', MIDNIGHT_MS + n, { user: `user-${n}` }))
    const users = distinct('click', { of: 'user', k: 256 })
    expect(valueAfter(users, people(256), MIDNIGHT_MS + DAY_MS)[0]).toBe(256)
    const [estimate] = valueAfter(users, people(20_000), MIDNIGHT_MS + DAY_MS)
    expect(Math.abs(Number(estimate) / 20_000 - 1)).toBeLessThan(3 / 16)
  })

  it('smooth a rate towards its prior', () => {
    const ctr = rate('click', 'impression', { window: '7d', prior: [1, 20] })
    const events = [
      ...clicksOf('1'),
      event('impression', MIDNIGHT_MS),
      event('impression', MIDNIGHT_MS + 1),
    ]
    expect(valueAfter(ctr, events, MIDNIGHT_MS + 9)).toEqual([2 / 22, 'present'])
    expect(valueAfter(ctr, events, MIDNIGHT_MS + 8 * DAY_MS)).toEqual([1 / 20, 'defaulted'])
  })

  it('halve a decayed count with each half-life', () => {
    const heat = decayed('click', { halfLife: '6h' })
    const one = [event('click', MIDNIGHT_MS)]
    expect(valueAfter(heat, one, MIDNIGHT_MS)[0]).toBe(1)
    expect(valueAfter(heat, one, MIDNIGHT_MS + 6 * HOUR_MS)[0]).toBe(0.5)
    expect(valueAfter(heat, one, MIDNIGHT_MS + 9 * HOUR_MS)[0]).toBeCloseTo(2 ** -1.5, 12)
    expect(valueAfter(heat, one, MIDNIGHT_MS + 32 * 6 * HOUR_MS)[0]).toBe(0)
  })

  it('go stale where the latest event is older than maxAge', () => {
    const fresh = last('rate', { maxAge: '1d' })
    expect(valueAfter(fresh, [rated(MIDNIGHT_MS, 4)], MIDNIGHT_MS + DAY_MS)).toEqual([4, 'present'])
    expect(valueAfter(fresh, [rated(MIDNIGHT_MS, 4)], MIDNIGHT_MS + DAY_MS + 1)).toEqual([
      4,
      'stale',
    ])
  })
})

describe('a retraction', () => {
  const set = aggregateSet('thing', {
    clicks: count('click'),
    ratings: mean('rate'),
    highest: max('rate'),
    recent: lastK('rate', { k: 5, of: 'item' }),
  })

  it('undoes counts and means, and leaves extremes and lists as they are', () => {
    const record = set.create()
    for (const one of [rated(MIDNIGHT_MS, 5), rated(MIDNIGHT_MS + 1, 2, { item: '2' })])
      set.apply(record, one)
    set.retract(record, rated(MIDNIGHT_MS, 5))
    const values = set.valuesAt(record, MIDNIGHT_MS + 2)
    expect(values.get('ratings')?.value).toBe(2)
    expect(values.get('highest')?.value).toBe(5)
    expect(values.get('recent')?.value).toEqual(['2', '318'])
  })

  it('that comes first leaves the same bytes', () => {
    const [one, other] = [set.create(), set.create()]
    set.apply(one, rated(MIDNIGHT_MS, 5))
    set.retract(one, rated(MIDNIGHT_MS, 5))
    set.apply(other, rated(MIDNIGHT_MS, 5), true)
    expect(set.encode(other)).toEqual(set.encode(one))
    expect(set.valueAt(other, 'ratings', MIDNIGHT_MS)).toMatchObject({
      value: null,
      status: 'missing',
    })
  })
})
