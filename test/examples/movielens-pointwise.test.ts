import { describe, expect, it } from 'vitest'
import { loadMovieLens } from '../../examples/movielens/dataset.ts'
import {
  fitLogistic,
  frozenMetrics,
  pointwiseTask,
  progressiveMetrics,
} from '../../examples/movielens/pointwise-task.ts'
import reference from '../golden/ref_movielens_pointwise.json'

const task = pointwiseTask(loadMovieLens())

describe('the pointwise task', () => {
  it('has the features of the reference at the spot rows', () => {
    const columns = task.features.names.length
    expect(task.features.names).toEqual(reference.features)
    for (const [row, expected] of Object.entries(reference.spot_rows_raw)) {
      expected.forEach((value, c) => {
        expect(task.features.raw[Number(row) * columns + c], `${row}/${c}`).toBeCloseTo(value, 8)
      })
    }
  })

  it('is solved to the optimum of the reference', () => {
    const fit = fitLogistic(task, task.designs.dense, 1)
    expect(Math.abs(fit.objective / reference.lr_C1_objective - 1)).toBeLessThan(1e-8)
    fit.coefficients.forEach((value, c) => {
      expect(Math.abs(value - reference.lr_C1_coef[c])).toBeLessThan(1e-4)
    })
  })

  it('is solved with one-hot columns as well', () => {
    const design = task.designs['dense+sparse']
    const metrics = frozenMetrics(task, design, fitLogistic(task, design, 0.01))
    const expected = reference['sklearn_lr_dense+sparse']['C=0.01']
    expect(metrics.train.logloss).toBeCloseTo(expected.train.logloss, 5)
    expect(metrics.validation.logloss).toBeCloseTo(expected.validation.logloss, 5)
  })

  it('is learned online as in the reference', () => {
    const name =
      'dense+sparse alpha=0.05 beta=1 l1=1 l2=1 progressive(test-then-train, whole stream)'
    const design = task.designs['dense+sparse']
    const options = { alpha: 0.05, beta: 1, l1: 1, l2: 1 }
    const metrics = progressiveMetrics(task, design, options)
    expect(metrics.validation.logloss).toBeCloseTo(reference.ftrl[name].validation.logloss, 5)
    expect(metrics.train.auc).toBeCloseTo(reference.ftrl[name].train.auc, 5)
  })
})
