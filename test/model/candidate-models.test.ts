import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decayedPopularity } from '../../src/model/decayed-popularity.ts'
import { ease } from '../../src/model/ease.ts'
import { type Incidence, incidence, rowOf, transpose } from '../../src/model/incidence.ts'
import { cosineNeighbours } from '../../src/model/neighbours.ts'
import { temporalCut } from '../../src/model/temporal-cut.ts'
import { topK } from '../../src/model/top-k.ts'

const users = 7
const items = 6
const pairs = fc.array(fc.tuple(fc.nat(users - 1), fc.nat(items - 1)), { maxLength: 40 })

function matrixOf(list: [number, number][]): Incidence {
  return incidence(
    users,
    items,
    list.map(([user]) => user),
    list.map(([, item]) => item),
  )
}

describe('incidence', () => {
  it('holds every pair once, ascending, and is its own double transpose', () => {
    fc.assert(
      fc.property(pairs, (list) => {
        const matrix = matrixOf(list)
        for (let user = 0; user < users; user++) {
          const own = list.filter(([u]) => u === user).map(([, item]) => item)
          expect([...rowOf(matrix, user)]).toEqual([...new Set(own)].sort((a, b) => a - b))
        }
        expect(transpose(transpose(matrix))).toEqual(matrix)
      }),
    )
  })
})

describe('topK', () => {
  it('is the head of the sorted list, whatever the order of arrival', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(5), { maxLength: 30 }),
        fc.integer({ min: 1, max: 8 }),
        (s, k) => {
          const order = s.map((_, at) => at).sort((a, b) => s[b] - s[a] || a - b)
          const selection = topK(k)
          for (const at of order.toSorted((a, b) => ((a * 7) % 5) - ((b * 7) % 5))) {
            selection.offer(at, s[at])
          }
          const indices = new Int32Array(k)
          const length = selection.drain(indices, new Float64Array(k), 0)
          expect([...indices.subarray(0, length)]).toEqual(order.slice(0, k))
          expect(selection.drain(indices, new Float64Array(k), 0)).toBe(0)
        },
      ),
    )
  })
})

describe('cosineNeighbours', () => {
  it('is symmetric where nothing is cut off', () => {
    fc.assert(
      fc.property(pairs, (list) => {
        const all = cosineNeighbours(matrixOf(list), { k: items, shrink: 10 })
        const score = (i: number, j: number) => {
          const own = all.indices.subarray(all.offsets[i], all.offsets[i + 1])
          return own.includes(j) ? all.scores[all.offsets[i] + own.indexOf(j)] : 0
        }
        for (let i = 0; i < items; i++) {
          for (let j = 0; j < items; j++) expect(score(i, j)).toBe(score(j, i))
        }
      }),
    )
  })
})

describe('ease', () => {
  it("satisfies (X'X + lambda I) B = X'X off the diagonal, and is 0 on it", () => {
    fc.assert(
      fc.property(pairs, fc.double({ min: 0.5, max: 100, noNaN: true }), (list, lambda) => {
        const matrix = matrixOf(list)
        const byItem = transpose(matrix)
        const gram = (i: number, j: number) => {
          const other = rowOf(byItem, j)
          return rowOf(byItem, i).filter((user) => other.includes(user)).length
        }
        const model = ease(matrix, lambda)
        const b = Array.from({ length: items }, (_, item) => model.scores([item]))
        for (let i = 0; i < items; i++) {
          expect(b[i][i]).toBeCloseTo(0, 10)
          for (let j = 0; j < items; j++) {
            if (i === j) continue
            let left = lambda * b[i][j]
            for (let m = 0; m < items; m++) left += gram(i, m) * b[m][j]
            expect(left).toBeCloseTo(gram(i, j), 8)
          }
        }
      }),
    )
  })

  it('refuses a lambda that is not positive', () => {
    expect(() => ease(matrixOf([]), 0)).toThrow(RangeError)
  })
})

describe('decayedPopularity', () => {
  it('halves with every half-life', () => {
    const at = (days: number) => decayedPopularity(1, [0, 0], [0, 86_400], days * 86_400, 7)[0]
    expect(at(8)).toBeCloseTo(at(1) / 2, 12)
  })
})

describe('temporalCut', () => {
  it('does not depend on the order, and is null without timestamps', () => {
    expect(temporalCut([3, 1, 2])).toEqual(temporalCut([1, 2, 3]))
    expect(temporalCut([])).toBeNull()
  })
})
