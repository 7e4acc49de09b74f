import type { Random } from './random.ts'
import type { Choice, Chooser, Constraint, ConstraintState, RankColumn, Ranker } from './rank.ts'

/** A slate as chosen: rows in order with their propensities, and at which positions constraints gave way. */
export interface Chosen {
  readonly choices: readonly Choice[]
  readonly relaxed: readonly number[]
}

/**
 * Fills up to `slots` positions. Before each draw the open rows are those not yet chosen and not blocked.
 * Where all that is left is blocked, constraints give way, so that a page never has holes: first all but
 * those that force rows, then those too; the position is reported in `relaxed`. Propensities are the very
 * numbers that the draw goes by; a forced row has 1. Scores that are not finite count as the largest
 * number of their sign, NaN as the lowest.
 */
export function choose(
  ranker: Ranker,
  constraints: readonly Constraint[],
  columns: readonly RankColumn[],
  scores: Float64Array,
  slots: number,
  random: Random,
): Chosen {
  const draws = new Draws(ranker, constraints, columns, scores)
  const choices: Choice[] = []
  for (let position = 1; position <= Math.min(slots, scores.length); position++) {
    draws.prepare(position)
    const index = draws.draw(random)
    choices.push({ index, propensity: draws.propensity(index) })
    draws.take(index, position)
  }
  return { choices, relaxed: draws.relaxed }
}

/**
 * The propensities that {@link choose} would have given to a slate that it, or another policy, chose: of
 * each row of `list` (distinct) at its slot given the rows above it.
 */
export function propensitiesOf(
  ranker: Ranker,
  constraints: readonly Constraint[],
  columns: readonly RankColumn[],
  scores: Float64Array,
  list: ArrayLike<number>,
): Float64Array {
  const draws = new Draws(ranker, constraints, columns, scores)
  const propensities = new Float64Array(list.length)
  for (let i = 0; i < list.length; i++) {
    draws.prepare(i + 1)
    propensities[i] = draws.propensity(list[i])
    draws.take(list[i], i + 1)
  }
  return propensities
}

/** The open row with the highest utility, ties to the lowest index; -1 where none is open. */
export function bestOpen(open: Uint8Array, utilities: Float64Array): number {
  let best = -1
  for (let row = 0; row < open.length; row++)
    if (open[row] === 1 && (best < 0 || utilities[row] > utilities[best])) best = row
  return best
}

/** One slate in the making. For each position: `prepare`, then ask or draw, then `take`. */
class Draws {
  readonly relaxed: number[] = []
  readonly #chooser: Chooser
  readonly #states: readonly ConstraintState[]
  /** Scores with the adjustments that never change. */
  readonly #settled: Float64Array
  /** The states from the first one on whose adjustment changes with the picks. */
  readonly #adjusting: readonly ConstraintState[]
  readonly #utilities: Float64Array
  readonly #free: Uint8Array
  readonly #open: Uint8Array
  #openRows: number
  #changed = true
  #forced = -1
  #total = 0

  constructor(
    ranker: Ranker,
    constraints: readonly Constraint[],
    columns: readonly RankColumn[],
    scores: Float64Array,
  ) {
    const rows = scores.length
    this.#chooser = ranker.begin(rows)
    this.#states = constraints.map((constraint, i) => constraint.begin(columns[i], rows))
    this.#settled = Float64Array.from(scores, finite)
    const adjusting = this.#states.filter((state) => state.adjust !== undefined)
    while (adjusting.length > 0 && adjusting[0].fixed) adjusting.shift()?.adjust?.(this.#settled)
    this.#adjusting = adjusting
    this.#utilities = adjusting.length > 0 ? new Float64Array(rows) : this.#settled
    this.#free = new Uint8Array(rows).fill(1)
    this.#open = new Uint8Array(rows)
    this.#openRows = 0
  }

  prepare(position: number): void {
    this.#forced = this.#forcedRow(position)
    if (this.#forced >= 0) return
    if (this.#changed) this.#maskRows(this.#states)
    const changed = this.#changed
    if (this.#openRows === 0) {
      this.relaxed.push(position)
      this.#maskRows(this.#states.filter((state) => state.force !== undefined))
      if (this.#openRows === 0) this.#maskRows([])
    }
    if (changed && this.#adjusting.length > 0) {
      this.#utilities.set(this.#settled)
      for (const state of this.#adjusting) state.adjust?.(this.#utilities)
    }
    this.#total = this.#chooser.weigh(this.#open, this.#utilities, changed)
    this.#changed = this.relaxed.at(-1) === position
  }

  propensity(row: number): number {
    if (this.#forced >= 0) return row === this.#forced ? 1 : 0
    return this.#open[row] === 1 ? this.#chooser.weights[row] / this.#total : 0
  }

  draw(random: Random): number {
    if (this.#forced >= 0) return this.#forced
    const open = this.#open
    const { weights } = this.#chooser
    const target = random.float() * this.#total
    let sum = 0
    let last = -1
    for (let row = 0; row < open.length; row++) {
      if (open[row] === 0 || weights[row] === 0) continue
      sum += weights[row]
      last = row
      if (sum > target) break
    }
    return last
  }

  take(row: number, position: number): void {
    this.#free[row] = 0
    if (this.#open[row] === 1) {
      this.#open[row] = 0
      this.#openRows--
    }
    for (const state of this.#states) if (state.taken?.(row, position)) this.#changed = true
  }

  #forcedRow(position: number): number {
    for (const state of this.#states) {
      const row = state.force?.(position) ?? -1
      if (row >= 0 && this.#free[row] === 1) return row
    }
    return -1
  }

  #maskRows(states: readonly ConstraintState[]): void {
    const open = this.#open
    open.set(this.#free)
    for (const { blocked } of states)
      if (blocked) for (let row = 0; row < open.length; row++) open[row] &= blocked[row] ^ 1
    let count = 0
    for (let row = 0; row < open.length; row++) count += open[row]
    this.#openRows = count
  }
}

function finite(score: number): number {
  const { MAX_VALUE } = Number
  return Number.isNaN(score) ? -MAX_VALUE : Math.max(-MAX_VALUE, Math.min(MAX_VALUE, score))
}
