import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ByteReader, ByteWriter } from '../../src/core/aggregate/bytes.ts'
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
import { aggregateSet } from '../../src/core/aggregate/set.ts'
import { DAY_MS } from '../../src/core/duration.ts'
import type { EventView } from '../../src/core/event-envelope.ts'
import { mulberry32 } from '../../src/core/mulberry32.ts'

const NOW_MS = 1_790_000_000_000

/** What a shop might keep of a user. */
const TWENTY = {
  clicks_1h: count('click', { window: '1h' }),
  clicks_1d: count('click', { window: '1d' }),
  clicks_7d: count('click', { window: '7d' }),
  clicks_30d: count('click', { window: '30d' }),
  clicks_total: count('click'),
  impressions_7d: count('impression', { window: '7d' }),
  ctr_7d: rate('click', 'impression', { window: '7d', prior: [1, 20] }),
  ctr_30d: rate('click', 'impression', { window: '30d', prior: [1, 20] }),
  ratings_total: count('rate'),
  ratings_30d: count('rate', { window: '30d' }),
  ratings_mean: mean('rate'),
  ratings_min: min('rate'),
  ratings_max: max('rate'),
  last_rating: last('rate'),
  rated_sum: sum('rate'),
  heat: decayed('click', { halfLife: '6h' }),
  heat_7d: decayed('click', { halfLife: '7d' }),
  dismissals_7d: count('dismiss', { window: '7d' }),
  items_7d: distinct('click', { of: 'item', window: '7d', k: 16 }),
  recent_items: lastK(['click', { type: 'rate', when: ({ value }) => value >= 4 }], {
    k: 50,
    of: 'item',
  }),
}

const set = aggregateSet('user', TWENTY)

/** A user who comes in visits of about 20 min, `visitsPerWeek` times a week for 60 days. */
function bytesOfUser(visitsPerWeek: number, items: number, seed: number): number {
  const random = mulberry32(seed)
  const record = set.create()
  const visits = Math.round((visitsPerWeek * 60) / 7)
  let id = 0
  const send = (type: string, timeMs: number, value = Number.NaN) => {
    const event: EventView = {
      ...{ id: `e${id++}`, type, item: String(Math.floor(random() * items)), user: 'u', value },
      ...{ timeMs, position: 1, useCase: null, variant: null, model: null, properties: {} },
    }
    set.apply(record, event)
  }
  for (let visit = 0; visit < visits; visit++) {
    const startMs = NOW_MS - Math.floor(random() * 60 * DAY_MS)
    for (let page = 0; page < 6; page++) {
      const timeMs = startMs + Math.floor(random() * 1_200_000)
      for (let n = 0; n < 10; n++) send('impression', timeMs)
      send('click', timeMs + 5_000)
      if (random() < 0.3) send('rate', timeMs + 9_000, Math.ceil(random() * 10) / 2)
      if (random() < 0.05) send('dismiss', timeMs + 7_000)
    }
  }
  set.prune(record, NOW_MS)
  return set.encode(record).length
}

describe('stored aggregates', () => {
  it('take at most 850 bytes for a daily user at 20 aggregates', () => {
    const of = (visitsPerWeek: number) => {
      const sizes = Array.from({ length: 10 }, (_, seed) =>
        bytesOfUser(visitsPerWeek, 60_000, seed),
      )
      return sizes.reduce((total, bytes) => total + bytes, 0) / sizes.length
    }
    const sizes = { weekly: of(1), daily: of(7), constant: of(40) }
    expect(Object.keys(TWENTY)).toHaveLength(20)
    expect(sizes.daily).toBeLessThanOrEqual(850)
    // However much somebody does, tiles and lists have an end.
    expect(sizes.constant).toBeLessThanOrEqual(2_000)
  })

  it('are read one by one as all at once', () => {
    const record = set.create()
    for (let n = 0; n < 40; n++)
      set.apply(record, {
        ...{ id: `e${n}`, type: n % 3 ? 'click' : 'rate', item: `i${n}`, user: 'u', value: n % 5 },
        ...{ timeMs: NOW_MS - n * 7_000_000, position: 1, useCase: null, variant: null },
        ...{ model: null, properties: {} },
      })
    const all = set.valuesAt(record, NOW_MS)
    for (const name of Object.keys(TWENTY)) {
      const one = set.readValues(set.encode(record), [name], NOW_MS)
      expect(one).toEqual(new Map([[name, all.get(name)]]))
    }
    expect(() => set.valueAt(record, 'clicks_8d', NOW_MS)).toThrow(/no aggregate 'clicks_8d'/)
  })

  it('start anew where the definition is another now, and keep the rest', () => {
    const event: EventView = {
      ...{ id: 'e', type: 'click', item: '1', user: 'u', value: 1, timeMs: NOW_MS, position: 1 },
      ...{ useCase: null, variant: null, model: null, properties: {} },
    }
    const before = aggregateSet('user', { a: count('click'), b: count('click'), c: count('click') })
    const record = before.create()
    before.apply(record, event)
    const now = aggregateSet('user', { c: count('click'), a: count('click', { version: 2 }) })
    const read = now.decode(before.encode(record))
    expect(now.valueAt(read, 'a', NOW_MS).value).toBe(0)
    expect(now.valueAt(read, 'c', NOW_MS).value).toBe(1)
  })

  it('are refused where they are cut short or of another version', () => {
    const record = set.create()
    set.apply(record, {
      ...{ id: 'e', type: 'rate', item: 'a', user: 'u', value: 1, timeMs: NOW_MS, position: 1 },
      ...{ useCase: null, variant: null, model: null, properties: {} },
    })
    const bytes = set.encode(record)
    expect(() => set.decode(bytes.subarray(0, bytes.length - 1))).toThrow(/end too early/)
    expect(() => set.decode(Uint8Array.of(9, ...bytes.subarray(1)))).toThrow(/version 9/)
  })

  it('hold every whole number and text', () => {
    const text = fc.oneof(
      fc.string(),
      fc.nat().map(String),
      fc.constantFrom('', '00', '1e3', '\ufeff1'),
    )
    fc.assert(
      fc.property(
        fc.maxSafeNat(),
        fc.integer(),
        text,
        fc.nat(0xffffffff),
        (uint, int, value, word) => {
          const out = new ByteWriter()
          out.uint(uint)
          out.int(int)
          out.text(value)
          out.uint32(word)
          const input = new ByteReader(out.take())
          expect([input.uint(), input.int(), input.text(), input.uint32()]).toEqual([
            ...[uint, int, value, word],
          ])
          expect(input.ended).toBe(true)
        },
      ),
      { numRuns: 500 },
    )
  })
})
