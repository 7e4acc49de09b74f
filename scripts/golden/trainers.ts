import * as z from 'zod'
import { binaryMetrics } from '../../src/model/binary-metrics.ts'
import { denseDesign } from '../../src/model/design.ts'
import { ftrl } from '../../src/model/ftrl.ts'
import { predictLogistic, trainLogistic } from '../../src/model/logistic.ts'
import { goldenFormat, numbers, oneOrMore, table } from './format.ts'

const byIndex = z.record(z.string(), z.number())

const ftrlSchema = oneOrMore(
  z.object({
    alpha: z.number(),
    beta: z.number(),
    l1: z.number(),
    l2: z.number(),
    examples: z.array(
      z.object({ x: z.array(z.tuple([z.number().int(), z.number()])), y: z.number() }),
    ),
    expected: z.object({
      predictions_before_update: numbers.optional(),
      z: byIndex.optional(),
      n: byIndex.optional(),
      weights: byIndex.optional(),
    }),
  }),
)

/** Streams through FTRL-Proximal: predictions before each update, and the final state. */
export const ftrlStreams = goldenFormat('ftrl', ftrlSchema, (streams, comparison) => {
  streams.forEach(({ examples, expected, ...options }, at) => {
    comparison.cases++
    const indices = examples.flatMap(({ x }) => x.map(([index]) => index))
    const named = [expected.z, expected.n, expected.weights].flatMap((map) =>
      Object.keys(map ?? {}),
    )
    const size = [...indices, ...named.map(Number)].reduce((most, i) => Math.max(most, i + 1), 0)
    const learner = ftrl(size, options)
    const predictions = examples.map(({ x, y }) =>
      learner.learn(
        x.map(([index]) => index),
        x.map(([, value]) => value),
        y,
      ),
    )
    const weights = Float64Array.from({ length: size }, (_, index) => learner.weight(index))
    comparison.compare(`[${at}]`, expected, {
      predictions_before_update: predictions,
      ...learner.state,
      weights,
    })
  })
})

const logregSchema = oneOrMore(
  z.object({
    C: z.number(),
    X: table,
    y: numbers,
    sample_weight: numbers.optional(),
    expected: z.object({
      intercept: z.number().optional(),
      coef: numbers.optional(),
      objective: z.number().optional(),
      max_abs_gradient: z.number().optional(),
      mean_train_logloss: z.number().optional(),
      first_five_probabilities: numbers.optional(),
    }),
  }),
)

/**
 * Logistic regressions: objective within 1e-8 relative, coefficients within 1e-4, and what follows
 * from the coefficients as near as they are.
 */
export const logisticRegressions = goldenFormat('logreg', logregSchema, (problems, comparison) => {
  problems.forEach(({ C, X, y, sample_weight, expected }, at) => {
    comparison.cases++
    const design = denseDesign(X.length, Float64Array.from(X.flat()))
    const fit = trainLogistic(design, y, { c: C, weights: sample_weight })
    const probabilities = predictLogistic(design, fit)
    const { objective, max_abs_gradient, mean_train_logloss, ...near } = expected
    const actual = {
      intercept: fit.intercept,
      coef: fit.coefficients,
      first_five_probabilities: probabilities.subarray(0, 5),
      objective: fit.objective,
      max_abs_gradient: fit.maxAbsGradient,
      mean_train_logloss: binaryMetrics(y, probabilities, sample_weight).logLoss,
    }
    comparison.compare(`[${at}]`, near, actual, { absolute: 1e-4 })
    comparison.compare(`[${at}]`, { objective }, actual, { relative: 1e-8 })
    comparison.compare(`[${at}]`, { max_abs_gradient }, actual, { absolute: 1e-5 })
    comparison.compare(`[${at}]`, { mean_train_logloss }, actual, { absolute: 1e-6 })
  })
})
