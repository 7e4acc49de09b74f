import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { LinearModel, LinearTerm } from '../../src/core/linear-model.ts'
import { artifactText } from '../../src/model/artifact.ts'
import { denseDesign } from '../../src/model/design.ts'
import { trainLogistic } from '../../src/model/logistic.ts'
import { moviesHome } from '../../src/use-cases/movies-home.ts'
import { chainLists, chainSlates, rowsUpToLastPositive } from './chain.ts'
import { loadMovieLens, type MovieLens } from './dataset.ts'
import { leaveLastOut, leaveOut } from './protocol.ts'
import { summarizeLists } from './ranking-summary.ts'

/**
 * Writes `models/movies-home.json`: a logistic regression on the chain's own features. Examples are the
 * pools of positives before the validation target (the third to fifth last of each user), each seen with
 * the statistics of its time; the label is whether a film is the one that was liked next.
 */
const HIDDEN = [3, 4, 5]
const C = 0.01
const OUT = fileURLToPath(new URL('./models/movies-home.json', import.meta.url))

const data = loadMovieLens()
const numbers = moviesHome.featurize.flatMap(({ kind }, index) =>
  kind === 'number' ? [index] : [],
)
const examples = await examplesOf(data)
const model = fitted(examples)
const validation = leaveLastOut(data, 'validation')
const rows = rowsUpToLastPositive(data, validation)
const ndcg10 = async (served: LinearModel | null) =>
  summarizeLists(
    validation.tasks,
    await chainLists(data, validation, moviesHome, rows, served),
    data.movies.count,
  ).ndcg10
const metrics = { lloo_validation_ndcg10: await ndcg10(model), prior_ndcg10: await ndcg10(null) }
mkdirSync(dirname(OUT), { recursive: true })
writeFileSync(
  OUT,
  `${artifactText(model, {
    useCase: moviesHome.id,
    features: Object.fromEntries(moviesHome.featurize.map(({ name, hash }) => [name, hash])),
    trainedOn: { examples: examples.labels.length, positives: sum(examples.labels) },
    metrics,
  })}\n`,
)
console.log(JSON.stringify({ wrote: 'examples/movielens/models/movies-home.json', ...metrics }))

interface Examples {
  /** Row-major, one column per number feature. */
  readonly values: Float32Array
  readonly labels: Uint8Array
}

async function examplesOf(from: MovieLens): Promise<Examples> {
  const values: number[] = []
  const labels: number[] = []
  for (const hidden of HIDDEN) {
    const protocol = leaveOut(from, hidden)
    const visible = rowsUpToLastPositive(from, protocol)
    for await (const { task, slate } of chainSlates(from, protocol, moviesHome, visible)) {
      const { matrix, pool } = slate
      const target = [...task.relevant].map((movie) =>
        pool.rowOf(String(from.movies.ids[movie])),
      )[0]
      // A target that no source drew teaches the scorer nothing.
      if (target < 0) continue
      for (let row = 0; row < pool.size; row++) {
        for (const index of numbers) values.push(matrix.values[index * matrix.stride + row])
        labels.push(row === target ? 1 : 0)
      }
    }
  }
  return { values: Float32Array.from(values), labels: Uint8Array.from(labels) }
}

/** Standardizes, drops what never varies, fits. */
function fitted({ values, labels }: Examples): LinearModel {
  const width = numbers.length
  const mean = new Float64Array(width)
  const std = new Float64Array(width)
  for (let at = 0; at < values.length; at++) mean[at % width] += values[at] / labels.length
  for (let at = 0; at < values.length; at++)
    std[at % width] += (values[at] - mean[at % width]) ** 2 / labels.length
  const scaled = values.map((value, at) => {
    const column = at % width
    return std[column] > 0 ? (value - mean[column]) / Math.sqrt(std[column]) : 0
  })
  const { coefficients, intercept } = trainLogistic(denseDesign(labels.length, scaled), labels, {
    c: C,
  })
  const terms = numbers.flatMap((index, column): LinearTerm[] =>
    std[column] === 0
      ? []
      : [
          {
            feature: moviesHome.featurize[index].name,
            transform: { kind: 'standardize', mean: mean[column], std: Math.sqrt(std[column]) },
            weight: coefficients[column],
          },
        ],
  )
  return {
    heads: [{ outcome: 'click', link: 'logit', bias: intercept, terms }],
    objective: { click: 1 },
  }
}

function sum(labels: Uint8Array): number {
  return labels.reduce((total, label) => total + label, 0)
}
