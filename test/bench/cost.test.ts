import { beforeAll, describe, expect, it } from 'vitest'
import { billOf, fixedOf, totalOf } from '../../bench/cost/bill.ts'
import { type CountedTraffic, countTraffic } from '../../bench/cost/count.ts'
import { meter } from '../../bench/cost/meter.ts'
import { PRICES } from '../../bench/cost/prices.ts'
import { meteredQueue } from '../../bench/cost/stores.ts'

/** Fewer films and decisions than `npm run bench -- cost` counts, and shorter waits: the units are the same. */
const FILMS = { items: 3_000, users: 300 }
const WARM_MS = 3_000

let served: CountedTraffic
let shown: CountedTraffic
let slow: CountedTraffic

beforeAll(async () => {
  const warmMs = WARM_MS
  ;[served, shown, slow] = await countTraffic(
    [
      { rate: 100, decisions: 400, impressions: false, warmMs },
      { rate: 100, decisions: 400, impressions: true, warmMs },
      { rate: 1, decisions: 100, impressions: true, warmMs },
    ],
    FILMS,
  )
}, 300_000)

/** The sum of what begins so, of one decision. */
function per({ counts, decisions }: CountedTraffic, ...beginnings: string[]): number {
  const entries = Object.entries(counts)
  const mine = entries.filter(([name]) =>
    beginnings.some((beginning) => name.startsWith(beginning)),
  )
  return mine.reduce((sum, [, count]) => sum + count, 0) / decisions
}

const batches = (of: CountedTraffic) => of.counts['request consumer']

describe('the units of a decision', () => {
  it('one request, and one read of the store for a known user', () => {
    for (const one of [served, shown, slow]) {
      expect(one.counts['request /v1/decide']).toBe(one.decisions)
      expect(one.counts['kvRead record/user']).toBe(one.decisions)
    }
  })

  it('pages and models are read and written with time, not with decisions', () => {
    // Every 30 s two pages and a pointer are read; one page is written.
    expect(per(slow, 'kvRead page', 'kvRead model')).toBeLessThan(0.25)
    expect(per(slow, 'kvWrite page') * slow.rate).toBeLessThan(2 / 30)
    expect(fixedOf(slow).size).toBeGreaterThan(0)
  })

  it('one unit of the queue for its record, and one for each batch of events', () => {
    for (const one of [served, shown, slow]) {
      expect(per(one, 'queue decision')).toBeGreaterThanOrEqual(1)
      expect(per(one, 'queue decision')).toBeLessThan(1.05)
      expect(one.counts['queue outcomes']).toBe(one.counts['request /v1/events'])
    }
    expect(per(served, 'queue outcomes')).toBeCloseTo(0.05, 1)
    expect(per(shown, 'queue outcomes')).toBeCloseTo(1.05, 1)
  })

  it('few calls of objects and puts, each for a batch of the consumer', () => {
    for (const one of [served, shown, slow]) {
      expect(one.counts['objectRequest Metrics']).toBe(batches(one))
      expect(one.counts['r2Put events/kind=decision']).toBeLessThanOrEqual(batches(one))
      expect(one.counts['r2Put events/kind=outcome']).toBeLessThanOrEqual(batches(one))
      expect(per(one, 'r2Put list', 'r2Get')).toBe(0)
    }
    // Full batches at 100 a second; at 1 a second what a second brings.
    expect(batches(served)).toBeLessThan(served.decisions / 50)
    expect(batches(slow)).toBeGreaterThan(slow.decisions / 2)
  })

  it('few rows to count it, however many items it has', () => {
    for (const one of [served, shown, slow]) {
      const rows = one.counts['rowWritten Metrics cells'] + one.counts['rowWritten Metrics dedupe']
      expect(rows).toBeGreaterThanOrEqual(batches(one))
      expect(rows).toBeLessThanOrEqual(5 * batches(one))
    }
  })

  it('every row belongs to a class and a table', () => {
    for (const one of [served, shown, slow])
      for (const name of Object.keys(one.counts)) expect(name).not.toContain('unknown')
    expect(per(shown, 'rowWritten Records aggregates')).toBeGreaterThan(0)
  })
})

describe('the bill of a million decisions at 100 a second', () => {
  it('is at most $3 with served exposure', () => {
    expect(totalOf(billOf(served))).toBeLessThanOrEqual(3)
  })

  it('is at most $6 with impressions, rows of item aggregates left out', () => {
    const bill = billOf(shown)
    const rest = bill.filter(
      ({ unit, what }) => `${unit} ${what}` !== 'rowWritten Records aggregates',
    )
    expect(rest.length).toBe(bill.length - 1)
    expect(totalOf(rest)).toBeLessThanOrEqual(6)
  })

  it.todo('is at most $6 with impressions: an impression rewrites a row for each of its items')

  it('is units by prices, without what comes with time', () => {
    const counts = {
      'request x': 10,
      'kvRead record/user': 10,
      'kvRead page': 1_000,
      queueBytes: 5,
    }
    const traffic = { ...served, decisions: 10, all: 10, cpuMs: 0, counts }
    expect(totalOf(billOf(traffic))).toBeCloseTo(PRICES.request + PRICES.kvRead, 12)
  })
})

describe('the queue', () => {
  it('bills by 64,000 bytes, of which 100 are its own', async () => {
    const unitsOf = async (length: number) => {
      meter.clear()
      const body = new Uint8Array(length)
      await meteredQueue(() => {}).sendBatch([{ body, contentType: 'bytes' }])
      return meter.counts()['queue decision']
    }
    expect(await unitsOf(63_900)).toBe(1)
    expect(await unitsOf(63_901)).toBe(2)
    expect(await unitsOf(127_900)).toBe(2)
  })
})
