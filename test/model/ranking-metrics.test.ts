import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { randomOrderExpectation } from '../../src/model/random-order.ts'
import { coverage, gradedNdcg, rankingMetrics } from '../../src/model/ranking-metrics.ts'

const items = fc.uniqueArray(fc.integer({ min: 0, max: 60 }), { maxLength: 40 })
const cut = fc.integer({ min: 1, max: 30 })

describe('rankingMetrics', () => {
  it('has the value worked out by hand', () => {
    const metrics = rankingMetrics([10, 20, 30, 40, 50], new Set([30, 50]), 5)!
    expect(metrics.ndcg).toBeCloseTo(0.886853 / 1.63093, 6)
    expect(metrics.mrr).toBeCloseTo(1 / 3, 12)
  })

  it('is undefined without relevant items, and 0 for an empty list', () => {
    expect(rankingMetrics([1, 2], new Set(), 5)).toBeNull()
    expect(rankingMetrics([], new Set([1]), 5)).toMatchObject({ ndcg: 0, mrr: 0, map: 0, hit: 0 })
  })

  it('stays in [0, 1], and reaches 1 where the relevant items come first', () => {
    fc.assert(
      fc.property(items, items, cut, (ranked, relevant, k) => {
        fc.pre(relevant.length > 0)
        const metrics = rankingMetrics(ranked, new Set(relevant), k)!
        for (const value of Object.values(metrics)) {
          expect(value).toBeGreaterThanOrEqual(0)
          expect(value).toBeLessThanOrEqual(1 + 1e-12)
        }
        const others = ranked.filter((item) => !relevant.includes(item))
        const best = rankingMetrics([...relevant, ...others], new Set(relevant), k)!
        expect(best.ndcg).toBeCloseTo(1, 12)
        expect(best.map).toBeCloseTo(1, 12)
        expect(best.ndcg).toBeGreaterThanOrEqual(metrics.ndcg - 1e-12)
      }),
    )
  })

  it('does not see what stands below K', () => {
    fc.assert(
      fc.property(items, items, cut, (ranked, relevant, k) => {
        const set = new Set(relevant)
        expect(rankingMetrics(ranked.slice(0, k), set, k)).toEqual(rankingMetrics(ranked, set, k))
      }),
    )
  })
})

describe('gradedNdcg', () => {
  it('equals NDCG for gains of 0 and 1', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 1 }), { maxLength: 30 }), cut, (gains, k) => {
        const ranked = gains.map((_, at) => at)
        const relevant = new Set(ranked.filter((at) => gains[at] === 1))
        const binary = rankingMetrics(ranked, relevant, k)
        const graded = gradedNdcg(gains, k)
        if (binary === null) expect(graded).toBeNull()
        else expect(graded).toBeCloseTo(binary.ndcg, 12)
      }),
    )
  })
})

describe('coverage', () => {
  it('is undefined for an empty catalogue', () => {
    expect(coverage([[1]], 0, 5)).toBeNull()
  })
})

describe('randomOrderExpectation', () => {
  it('is the mean over all orders', () => {
    const orders = permutations([0, 1, 2, 3, 4])
    const mean = (value: (order: number[]) => number) =>
      orders.reduce((sum, order) => sum + value(order), 0) / orders.length
    const metrics = (order: number[]) => rankingMetrics(order, new Set([0, 1]), 3)!
    const expected = randomOrderExpectation(5, 2, 3)!
    expect(expected.ndcg).toBeCloseTo(
      mean((order) => metrics(order).ndcg),
      12,
    )
    expect(expected.mrr).toBeCloseTo(
      mean((order) => metrics(order).mrr),
      12,
    )
    expect(expected.recall).toBeCloseTo(
      mean((order) => metrics(order).recall),
      12,
    )
  })

  it('is undefined without relevant items', () => {
    expect(randomOrderExpectation(5, 0, 3)).toBeNull()
    expect(() => randomOrderExpectation(2, 3, 3)).toThrow(RangeError)
  })
})

function permutations(values: number[]): number[][] {
  if (values.length < 2) return [values]
  return values.flatMap((value, at) =>
    permutations(values.toSpliced(at, 1)).map((rest) => [value, ...rest]),
  )
}
