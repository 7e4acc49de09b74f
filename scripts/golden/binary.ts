import * as z from 'zod'
import { binaryMetrics } from '../../src/model/binary-metrics.ts'
import { expectations, goldenFormat, numbers, oneOrMore } from './format.ts'

const schema = oneOrMore(
  z.object({ y: numbers, p: numbers, weights: numbers.optional(), expected: expectations }),
)

/** Metrics of predicted probabilities. */
export const binary = goldenFormat('binary', schema, (cases, comparison) => {
  cases.forEach(({ y, p, weights, expected }, at) => {
    comparison.cases++
    const metrics = binaryMetrics(y, p, weights)
    comparison.compare(`[${at}]`, expected, {
      logloss: metrics.logLoss,
      auc: metrics.auc,
      brier: metrics.brier,
      base_rate: metrics.baseRate,
      normalized_entropy: metrics.normalizedEntropy,
      ece_10_equal_width: metrics.calibrationError,
      calibration_ratio: metrics.calibrationRatio,
    })
  })
})
