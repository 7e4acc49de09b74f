import { sigmoid } from '../core/linear-model.ts'
import { conjugateGradient, dot } from './conjugate-gradient.ts'
import { columnsOf, type Design, margins, transposedTimes } from './design.ts'
import { logLossOfMargin } from './logistic-loss.ts'
import { newtonPreconditioner } from './newton-preconditioner.ts'

/** How a logistic regression is fitted. */
export interface LogisticOptions {
  /** Weight of the data against the penalty, the C of scikit-learn; a trainer that minimises mean
   * log loss + (l2 / 2) |coef|^2 has l2 = 1 / (C sum of weights). */
  readonly c: number
  /** Per row, not negative; default 1. */
  readonly weights?: ArrayLike<number>
  /** Start from these coefficients and, last, the intercept; default all 0. */
  readonly initial?: ArrayLike<number>
  /** Stops where a Newton step promises less than this share of the objective at zero. */
  readonly tolerance?: number
  readonly maxIterations?: number
}

/** A fitted logistic regression. */
export interface LogisticFit {
  readonly intercept: number
  readonly coefficients: Float64Array
  /** 0.5 |coef|^2 + C sum of w_i logloss_i at the solution. */
  readonly objective: number
  readonly maxAbsGradient: number
  readonly iterations: number
  /** False where maxIterations ended the search. */
  readonly converged: boolean
}

/**
 * Minimises 0.5 |coef|^2 + C sum_i w_i logloss_i, the objective of scikit-learn: the intercept is
 * not penalised. Labels lie in [0, 1]. Newton's method with conjugate gradients and backtracking
 * (Nocedal and Wright, "Numerical Optimization", algorithm 7.1); with dense columns only each step
 * is a plain Newton step. Memory: some vectors of rows and of columns beside the design.
 */
export function trainLogistic(
  design: Design,
  labels: ArrayLike<number>,
  options: LogisticOptions,
): LogisticFit {
  const columns = columnsOf(design)
  const problem = problemOf(design, labels, options)
  const tolerance = (options.tolerance ?? 1e-12) * problem.objectiveAtZero
  const maxIterations = options.maxIterations ?? 100
  let parameters = new Float64Array(columns + 1)
  if (options.initial !== undefined) parameters.set(Float64Array.from(options.initial))
  let objective = problem.objective(parameters)
  let gradient = problem.gradient(parameters)
  const firstNorm = Math.sqrt(dot(gradient, gradient))
  let converged = firstNorm === 0
  let iterations = 0

  while (!converged && iterations < maxIterations) {
    iterations++
    const norm = Math.sqrt(dot(gradient, gradient))
    const forcing = Math.min(0.1, Math.sqrt(norm / firstNorm) * 0.5)
    const step = problem.newtonStep(gradient, forcing)
    const slope = dot(gradient, step)
    // Half the decrement is what the step is expected to gain.
    converged = -slope / 2 <= tolerance
    const found = search(problem.objective, parameters, objective, step, slope)
    if (found === null) {
      converged = true
      break
    }
    parameters = found.parameters
    objective = found.objective
    gradient = problem.gradient(parameters)
  }
  return {
    intercept: parameters[columns],
    coefficients: parameters.slice(0, columns),
    objective,
    maxAbsGradient: gradient.reduce((most, g) => Math.max(most, Math.abs(g)), 0),
    iterations,
    converged,
  }
}

/** P(label = 1) of every row. */
export function predictLogistic(
  design: Design,
  fit: Pick<LogisticFit, 'coefficients' | 'intercept'>,
): Float64Array {
  const parameters = new Float64Array(fit.coefficients.length + 1)
  parameters.set(fit.coefficients)
  parameters[fit.coefficients.length] = fit.intercept
  const out = new Float64Array(design.rows)
  margins(design, parameters, out)
  for (let row = 0; row < out.length; row++) out[row] = sigmoid(out[row])
  return out
}

function problemOf(design: Design, labels: ArrayLike<number>, options: LogisticOptions) {
  const { rows } = design
  const columns = columnsOf(design)
  const scale = Float64Array.from(
    { length: rows },
    (_, row) => options.c * (options.weights === undefined ? 1 : options.weights[row]),
  )
  const penalties = new Float64Array(columns + 1).fill(1)
  penalties[columns] = 0
  const margin = new Float64Array(rows)
  const residual = new Float64Array(rows)
  const curvatures = new Float64Array(rows)

  const objective = (parameters: Float64Array): number => {
    margins(design, parameters, margin)
    let sum = 0
    for (let row = 0; row < rows; row++) {
      sum += scale[row] * logLossOfMargin(labels[row], margin[row])
    }
    for (let c = 0; c < columns; c++) sum += 0.5 * parameters[c] * parameters[c]
    return sum
  }
  // Also leaves the curvatures of this point behind, for the step that follows.
  const gradient = (parameters: Float64Array): Float64Array => {
    margins(design, parameters, margin)
    for (let row = 0; row < rows; row++) {
      const p = sigmoid(margin[row])
      residual[row] = scale[row] * (p - labels[row])
      curvatures[row] = scale[row] * p * (1 - p)
    }
    const out = new Float64Array(columns + 1)
    transposedTimes(design, residual, out)
    for (let c = 0; c < columns; c++) out[c] += parameters[c]
    return out
  }
  const hessianTimes = (v: Float64Array, out: Float64Array): void => {
    margins(design, v, residual)
    for (let row = 0; row < rows; row++) residual[row] *= curvatures[row]
    transposedTimes(design, residual, out)
    for (let c = 0; c < columns; c++) out[c] += v[c]
  }
  const newtonStep = (g: Float64Array, forcing: number): Float64Array => {
    const preconditioner = newtonPreconditioner(design, curvatures, penalties)
    const downhill = g.map((value) => -value)
    return conjugateGradient(hessianTimes, preconditioner, downhill, forcing, 500)
  }
  const objectiveAtZero = scale.reduce((sum, s) => sum + s, 0) * Math.LN2
  return { objective, gradient, newtonStep, objectiveAtZero }
}

function search(
  objective: (parameters: Float64Array) => number,
  from: Float64Array,
  value: number,
  step: Float64Array,
  slope: number,
): { parameters: Float64Array<ArrayBuffer>; objective: number } | null {
  // Near the solution the gain drowns in the rounding of the sum.
  const slack = 1e-14 * Math.abs(value)
  for (let t = 1; t > 1e-10; t /= 2) {
    const parameters = from.map((p, i) => p + t * step[i])
    const next = objective(parameters)
    if (next <= value + 1e-4 * t * slope + slack) return { parameters, objective: next }
  }
  return null
}
