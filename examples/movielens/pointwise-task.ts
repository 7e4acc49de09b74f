import { auc, binaryMetrics } from '../../src/model/binary-metrics.ts'
import type { Design } from '../../src/model/design.ts'
import { type FtrlOptions, ftrl } from '../../src/model/ftrl.ts'
import { type LogisticFit, predictLogistic, trainLogistic } from '../../src/model/logistic.ts'
import type { MovieLens } from './dataset.ts'
import { genreTable, type PointwiseFeatures, pointwiseFeatures } from './pointwise-features.ts'
import { cutsOf } from './protocol.ts'

/** The pointwise task, ready to train on. Rows below `trainEnd` are train, then validation, test. */
export interface PointwiseTask {
  readonly features: PointwiseFeatures
  readonly trainEnd: number
  readonly validationEnd: number
  readonly rows: number
  /** Of the train rows; 0 and 1 for the genre flags. */
  readonly mean: Float64Array
  readonly populationStd: Float64Array
  /** All rows, z-scored, without and with the one-hot columns user, movie and (user, genre). */
  readonly designs: { readonly dense: Design; readonly 'dense+sparse': Design }
}

/** Mean log loss and AUC of one part of the stream. */
export interface PartMetrics {
  readonly logloss: number
  readonly auc: number
}

/** Builds the features, z-scores them with the train rows, and adds the one-hot columns. */
export function pointwiseTask(data: MovieLens): PointwiseTask {
  const features = pointwiseFeatures(data)
  const { t80, t90 } = cutsOf(data)
  const rows = data.ratings.count
  const trainEnd = data.ratings.timestampS.findIndex((t) => t >= t80)
  const validationEnd = data.ratings.timestampS.findIndex((t) => t >= t90)
  const columns = features.names.length
  const mean = new Float64Array(columns)
  const populationStd = new Float64Array(columns).fill(1)
  for (let c = 0; c < features.scored; c++) {
    let sum = 0
    for (let row = 0; row < trainEnd; row++) sum += features.raw[row * columns + c]
    mean[c] = sum / trainEnd
    let squares = 0
    for (let row = 0; row < trainEnd; row++) {
      squares += (features.raw[row * columns + c] - mean[c]) ** 2
    }
    populationStd[c] = Math.sqrt(squares / trainEnd)
  }
  const scored = features.raw.map((x, at) => (x - mean[at % columns]) / populationStd[at % columns])
  const empty = { sparseColumns: 0, offsets: new Int32Array(0), indices: new Int32Array(0) }
  const base = { rows, denseColumns: columns, dense: scored, values: null }
  return {
    features,
    trainEnd,
    validationEnd,
    rows,
    mean,
    populationStd,
    designs: { dense: { ...base, ...empty }, 'dense+sparse': { ...base, ...oneHots(data) } },
  }
}

/** Fits the train rows of one design with the given C. */
export function fitLogistic(task: PointwiseTask, design: Design, c: number): LogisticFit {
  const labels = task.features.labels.subarray(0, task.trainEnd)
  return trainLogistic({ ...design, rows: task.trainEnd }, labels, { c })
}

/** Metrics of a frozen fit on train and validation. */
export function frozenMetrics(task: PointwiseTask, design: Design, fit: LogisticFit) {
  return partMetrics(task, predictLogistic(design, fit))
}

/** Metrics of FTRL in one pass over the stream, every prediction taken before its update. */
export function progressiveMetrics(task: PointwiseTask, design: Design, options: FtrlOptions) {
  const { rows, denseColumns, dense, sparseColumns, offsets, indices } = design
  const constant = denseColumns + sparseColumns
  const learner = ftrl(constant + 1, options)
  const index = new Int32Array(constant + 1)
  const value = new Float64Array(constant + 1)
  const predictions = new Float64Array(rows)
  for (let row = 0; row < rows; row++) {
    let length = 0
    for (let c = 0; c < denseColumns; c++) {
      index[length] = c
      value[length++] = dense[row * denseColumns + c]
    }
    if (sparseColumns > 0) {
      for (let at = offsets[row]; at < offsets[row + 1]; at++) {
        index[length] = denseColumns + indices[at]
        value[length++] = 1
      }
    }
    index[length] = constant
    value[length++] = 1
    predictions[row] = learner.learn(index, value, task.features.labels[row], length)
  }
  return partMetrics(task, predictions)
}

function partMetrics(task: PointwiseTask, predictions: Float64Array) {
  const of = (from: number, to: number): PartMetrics => {
    const labels = task.features.labels.subarray(from, to)
    const part = predictions.subarray(from, to)
    return { logloss: binaryMetrics(labels, part).logLoss!, auc: auc(labels, part)! }
  }
  return { train: of(0, task.trainEnd), validation: of(task.trainEnd, task.validationEnd) }
}

function oneHots(data: MovieLens): Pick<Design, 'sparseColumns' | 'offsets' | 'indices'> {
  const { ratings } = data
  const genres = genreTable(data)
  const columnOf = new Map<string, number>()
  const column = (key: string): number => {
    const known = columnOf.get(key)
    if (known !== undefined) return known
    columnOf.set(key, columnOf.size)
    return columnOf.size - 1
  }
  const offsets = new Int32Array(ratings.count + 1)
  const indices: number[] = []
  for (let row = 0; row < ratings.count; row++) {
    const user = ratings.user[row]
    const movie = ratings.movie[row]
    indices.push(column(`user=${user}`), column(`movie=${movie}`))
    for (const genre of genres.ofMovie[movie]) indices.push(column(`user=${user}^genre=${genre}`))
    offsets[row + 1] = indices.length
  }
  return { sparseColumns: columnOf.size, offsets, indices: Int32Array.from(indices) }
}
