import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { mulberry32 } from '../../src/core/mulberry32.ts'
import { type Design, denseDesign } from '../../src/model/design.ts'
import { predictLogistic, trainLogistic } from '../../src/model/logistic.ts'

describe('trainLogistic', () => {
  it('finds one solution for dense columns and the same columns stored as sparse', () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1, max: 5 }), (seed, columns) => {
        const { x, labels, weights, rows } = sample(seed, columns)
        const dense = trainLogistic(denseDesign(rows, x), labels, { c: 2, weights })
        const sparse = trainLogistic(sparseDesign(rows, x), labels, { c: 2, weights })
        expect(dense.converged && sparse.converged).toBe(true)
        expect(sparse.objective).toBeCloseTo(dense.objective, 8)
        dense.coefficients.forEach((value, at) => {
          expect(sparse.coefficients[at]).toBeCloseTo(value, 5)
        })
      }),
      { numRuns: 30 },
    )
  })

  it('has no gradient left at the solution, from any start', () => {
    const { x, labels, rows } = sample(7, 4)
    const cold = trainLogistic(denseDesign(rows, x), labels, { c: 1 })
    const warm = trainLogistic(denseDesign(rows, x), labels, { c: 1, initial: [3, -3, 2, 1, 5] })
    expect(cold.maxAbsGradient).toBeLessThan(1e-6)
    expect(warm.objective).toBeCloseTo(cold.objective, 9)
  })

  it('takes a weight of two for a row that stands twice', () => {
    const { x, labels, rows } = sample(3, 2)
    const twice = Float64Array.from([...x, ...x.slice(0, 2)])
    const repeated = trainLogistic(denseDesign(rows + 1, twice), [...labels, labels[0]], { c: 1 })
    const weights = labels.map((_, row) => (row === 0 ? 2 : 1))
    const weighted = trainLogistic(denseDesign(rows, x), labels, { c: 1, weights })
    expect(weighted.objective).toBeCloseTo(repeated.objective, 9)
    expect(weighted.coefficients[0]).toBeCloseTo(repeated.coefficients[0], 6)
  })

  it('ends with a finite model where there is one class only, or no row', () => {
    const oneClass = trainLogistic(denseDesign(3, Float64Array.of(1, 2, 3)), [1, 1, 1], { c: 1 })
    expect(Number.isFinite(oneClass.intercept)).toBe(true)
    expect(predictLogistic(denseDesign(1, Float64Array.of(2)), oneClass)[0]).toBeGreaterThan(0.99)
    const empty = trainLogistic(denseDesign(0, new Float64Array(0)), [], { c: 1 })
    expect(empty).toMatchObject({ intercept: 0, objective: 0, converged: true })
  })

  it('predicts the share of positives where no column says anything', () => {
    const fit = trainLogistic(denseDesign(4, new Float64Array(4)), [1, 0, 0, 0], { c: 1 })
    expect(predictLogistic(denseDesign(1, new Float64Array(1)), fit)[0]).toBeCloseTo(0.25, 9)
  })
})

function sample(seed: number, columns: number) {
  const random = mulberry32(seed)
  const rows = 40
  const x = Float64Array.from({ length: rows * columns }, () => random() * 4 - 2)
  const labels = Array.from({ length: rows }, () => (random() < 0.4 ? 1 : 0))
  const weights = Array.from({ length: rows }, () => random())
  return { x, labels, weights, rows }
}

function sparseDesign(rows: number, x: Float64Array): Design {
  const columns = x.length / rows
  return {
    rows,
    denseColumns: 0,
    dense: new Float64Array(0),
    sparseColumns: columns,
    offsets: Int32Array.from({ length: rows + 1 }, (_, row) => row * columns),
    indices: Int32Array.from(x, (_, at) => at % columns),
    values: x,
  }
}
