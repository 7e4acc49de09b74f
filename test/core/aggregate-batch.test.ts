import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { aggregateAt } from '../../src/core/aggregate/batch.ts'
import { aggregateSet, type RecordAggregates } from '../../src/core/aggregate/set.ts'
import type { EventView } from '../../src/core/event-envelope.ts'
import { mulberry32 } from '../../src/core/mulberry32.ts'
import type { StoredValue } from '../../src/core/record.ts'
import { type Delivery, EVERY_KIND, streamOf } from './aggregate-streams.ts'

const set = aggregateSet('thing', EVERY_KIND)
const streams = [fc.integer(), fc.nat(24)] as const

/** What the owner of a record does with deliveries: every key once, and once back. */
function owner() {
  const counted = new Map<string, EventView>()
  const back = new Set<string>()
  let record: RecordAggregates = set.create()
  return {
    take({ event, back: isBack }: Delivery): void {
      if (isBack) {
        if (!back.has(event.id) && counted.has(event.id)) set.retract(record, event)
        back.add(event.id)
      } else if (!counted.has(event.id)) {
        counted.set(event.id, event)
        set.apply(record, event, back.has(event.id))
      }
    },
    events: () => [...counted.values()],
    isRetracted: ({ id }: EventView) => back.has(id),
    get record() {
      return record
    },
    restart(): void {
      record = set.decode(set.encode(record))
    },
    prune: (nowMs: number) => set.prune(record, nowMs),
  }
}

/** 200,000 calls of `expect` would take a minute. */
function same(a: StoredValue, b: StoredValue): boolean {
  if (a.status !== b.status || a.updatedAtMs !== b.updatedAtMs) return false
  if (Array.isArray(a.value)) return JSON.stringify(a.value) === JSON.stringify(b.value)
  return Object.is(a.value, b.value)
}

describe('aggregates', () => {
  it('have the value of the batch at every time, for 10,000 streams in any order', () => {
    let compared = 0
    fc.assert(
      fc.property(...streams, (seed, size) => {
        const random = mulberry32(seed ^ 0x5bd1e995)
        const deliveries = streamOf(seed, size)
        const taker = owner()
        deliveries.forEach((delivery, n) => {
          taker.take(delivery)
          const lastOne = n === deliveries.length - 1
          if (!lastOne && random() > 0.06) return
          const untilMs = deliveries[n + 1]?.arrivalMs ?? delivery.arrivalMs + 40 * 86_400_000
          const between = Math.floor(random() * (untilMs - delivery.arrivalMs))
          const nowMs = delivery.arrivalMs + (random() < 0.5 ? 0 : between)
          if (random() < 0.5) taker.restart()
          if (random() < 0.5) taker.prune(nowMs)
          for (const [name, aggregate] of Object.entries(EVERY_KIND)) {
            const expected = aggregateAt(aggregate, taker.events(), nowMs, taker.isRetracted)
            const is = set.valueAt(taker.record, name, nowMs)
            compared++
            if (!same(is, expected)) expect(is, `${name} of ${seed}, ${size}`).toEqual(expected)
          }
        })
      }),
      { numRuns: 10_000 },
    )
    expect(compared).toBeGreaterThan(200_000)
  })

  it('are the same bytes in whatever order events, duplicates and retractions came', () => {
    fc.assert(
      fc.property(...streams, (seed, size) => {
        const deliveries = streamOf(seed, size)
        const random = mulberry32(seed)
        const shuffled = deliveries
          .map((delivery) => ({ delivery, key: random() }))
          .sort((a, b) => a.key - b.key)
          .map(({ delivery }) => delivery)
        const nowMs = (deliveries.at(-1)?.arrivalMs ?? 0) + Math.floor(random() * 3_600_000)
        const [one, other] = [deliveries, shuffled].map((order) => {
          const taker = owner()
          for (const delivery of order) {
            taker.take(delivery)
            if (random() < 0.1) taker.restart()
          }
          taker.prune(nowMs)
          return set.encode(taker.record)
        })
        expect(other).toEqual(one)
      }),
      { numRuns: 500 },
    )
  })

  it('change without events only at the time they said they would', () => {
    fc.assert(
      fc.property(...streams, (seed, size) => {
        const random = mulberry32(seed)
        const taker = owner()
        const deliveries = streamOf(seed, size)
        for (const delivery of deliveries) taker.take(delivery)
        let nowMs = deliveries.at(-1)?.arrivalMs ?? 0
        for (let n = 0; n < 10; n++) {
          const values = set.valuesAt(taker.record, nowMs)
          const nextMs = set.nextChangeMs(taker.record, nowMs)
          if (!(nextMs > nowMs)) expect(nextMs).toBeGreaterThan(nowMs)
          if (nextMs === Number.POSITIVE_INFINITY) return
          const before = Math.floor(nowMs + random() * (nextMs - nowMs))
          for (const [name, value] of set.valuesAt(taker.record, before)) {
            const was = values.get(name) as StoredValue
            if (!name.startsWith('heat') && !same(value, was)) expect(value, name).toEqual(was)
          }
          nowMs = nextMs
        }
      }),
      { numRuns: 500 },
    )
  })
})
