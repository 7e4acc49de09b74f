import * as z from 'zod'
import { loadMovieLens } from '../../examples/movielens/dataset.ts'
import {
  fitLogistic,
  frozenMetrics,
  type PointwiseTask,
  pointwiseTask,
  progressiveMetrics,
} from '../../examples/movielens/pointwise-task.ts'
import { cutsOf } from '../../examples/movielens/protocol.ts'
import type { Comparison } from './comparison.ts'
import { goldenFormat, numbers } from './format.ts'

const part = z.object({ logloss: z.number(), auc: z.number() })
const metrics = z.record(z.string(), z.object({ train: part, validation: part }))

const schema = z.object({
  T80: z.number(),
  T90: z.number(),
  rows: z.object({ train: z.number(), validation: z.number(), test: z.number() }),
  features: z.array(z.string()),
  train_mean: numbers,
  train_std_population: numbers,
  spot_rows_raw: z.record(z.string(), numbers),
  lr_C1_intercept: z.number(),
  lr_C1_coef: numbers,
  lr_C1_objective: z.number(),
  sklearn_lr_dense: metrics,
  'sklearn_lr_dense+sparse': metrics,
  ftrl: metrics,
})

// A frozen fit may be 0.5 % off in log loss; the AUC of the reference has six decimals.
const batchTolerance = { absolute: 0.0005, relative: 0.005 }
const onlineTolerance = { absolute: 0.0005 }

/** Features, logistic regressions and FTRL of the MovieLens pointwise protocol. */
export const movielensPointwise = goldenFormat(
  'ref_movielens_pointwise',
  schema,
  (file, comparison) => {
    const data = loadMovieLens()
    const task = pointwiseTask(data)
    compareFeatures(file, task, comparison)
    const { t80, t90 } = cutsOf(data)
    comparison.compare('', { T80: file.T80, T90: file.T90 }, { T80: t80, T90: t90 })
    for (const kind of ['dense', 'dense+sparse'] as const) {
      const design = task.designs[kind]
      for (const [name, expected] of Object.entries(file[`sklearn_lr_${kind}`])) {
        comparison.cases++
        const c = Number(name.replace('C=', ''))
        const fit = fitLogistic(task, design, c)
        comparison.compare(
          `${kind} ${name}`,
          expected,
          frozenMetrics(task, design, fit),
          batchTolerance,
        )
        if (kind !== 'dense' || c !== 1) continue
        comparison.compare('objective', file.lr_C1_objective, fit.objective, { relative: 1e-6 })
        comparison.compare('intercept', file.lr_C1_intercept, fit.intercept, { absolute: 1e-4 })
        comparison.compare('coef', file.lr_C1_coef, fit.coefficients, { absolute: 1e-4 })
      }
    }
    for (const [name, expected] of Object.entries(file.ftrl)) {
      comparison.cases++
      const parsed = /^(dense|dense\+sparse) alpha=(\S+) beta=(\S+) l1=(\S+) l2=(\S+)/.exec(name)
      if (parsed === null) throw new Error(`cannot read the FTRL options of "${name}"`)
      const [alpha, beta, l1, l2] = parsed.slice(2).map(Number)
      const design = task.designs[parsed[1] === 'dense' ? 'dense' : 'dense+sparse']
      const actual = progressiveMetrics(task, design, { alpha, beta, l1, l2 })
      comparison.compare(`ftrl ${name}`, expected, actual, onlineTolerance)
    }
  },
)

function compareFeatures(
  file: z.infer<typeof schema>,
  task: PointwiseTask,
  comparison: Comparison,
): void {
  const columns = task.features.names.length
  comparison.cases++
  comparison.compare('features', file.features, task.features.names)
  comparison.compare('train_mean', file.train_mean, task.mean)
  comparison.compare('train_std_population', file.train_std_population, task.populationStd)
  comparison.compare('rows', file.rows, {
    train: task.trainEnd,
    validation: task.validationEnd - task.trainEnd,
    test: task.rows - task.validationEnd,
  })
  for (const [row, expected] of Object.entries(file.spot_rows_raw)) {
    comparison.cases++
    const from = Number(row) * columns
    const actual = task.features.raw.subarray(from, from + columns)
    comparison.compare(`spot_rows_raw.${row}`, expected, actual)
  }
}
