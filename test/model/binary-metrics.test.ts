import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { auc, binaryMetrics } from '../../src/model/binary-metrics.ts'

const rows = fc.array(
  fc.record({
    y: fc.integer({ min: 0, max: 1 }),
    // Coarse scores, so that ties occur and a transform cannot make new ones.
    p: fc.integer({ min: 0, max: 20 }).map((n) => n / 20),
    weight: fc.integer({ min: 1, max: 4 }),
  }),
  { maxLength: 40 },
)

describe('auc', () => {
  it('is the share of pairs in the right order, ties counting half', () => {
    fc.assert(
      fc.property(rows, (sample) => {
        let right = 0
        let pairs = 0
        for (const a of sample.filter(({ y }) => y === 1)) {
          for (const b of sample.filter(({ y }) => y === 0)) {
            pairs += a.weight * b.weight
            right += a.weight * b.weight * (a.p > b.p ? 1 : a.p === b.p ? 0.5 : 0)
          }
        }
        const { y, p, weight } = columns(sample)
        const value = auc(y, p, weight)
        if (pairs === 0) expect(value).toBeNull()
        else expect(value).toBeCloseTo(right / pairs, 12)
      }),
    )
  })

  it('does not change under an increasing transform', () => {
    fc.assert(
      fc.property(rows, (sample) => {
        const { y, p } = columns(sample)
        const transformed = p.map((score) => Math.exp(3 * score) - 7)
        expect(auc(y, transformed)).toBe(auc(y, p))
      }),
    )
  })
})

describe('binaryMetrics', () => {
  it('takes a weight of n for n equal rows', () => {
    fc.assert(
      fc.property(rows, (sample) => {
        const repeated = sample.flatMap((row) => Array.from({ length: row.weight }, () => row))
        const { y, p, weight } = columns(sample)
        const weighted = Object.entries(binaryMetrics(y, p, weight))
        const plain = new Map(
          Object.entries(binaryMetrics(columns(repeated).y, columns(repeated).p)),
        )
        for (const [name, value] of weighted) {
          const other = plain.get(name) ?? null
          if (value === null || other === null) expect(value, name).toBe(other)
          else expect(value, name).toBeCloseTo(other, 9)
        }
      }),
    )
  })

  it('is undefined without rows', () => {
    expect(new Set(Object.values(binaryMetrics([], [])))).toEqual(new Set([null]))
  })
})

function columns(sample: { y: number; p: number; weight: number }[]) {
  return {
    y: sample.map(({ y }) => y),
    p: sample.map(({ p }) => p),
    weight: sample.map(({ weight }) => weight),
  }
}
