import { Odds } from './odds.ts'
import type { Random } from './random.ts'
import type { Choice, Constraint, ConstraintState, RankColumn, Ranker } from './rank.ts'

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

/** One slate in the making. For each position: `prepare`, then ask or draw, then `take`. */
class Draws {
  readonly relaxed: number[] = []
  readonly #states: readonly ConstraintState[]
  /** Scores with the adjustments that never change. */
  readonly #settled: Float64Array
  /** The states from the first one on whose adjustment changes with the picks. */
  readonly #adjusting: readonly ConstraintState[]
  readonly #free: Uint8Array
  readonly #odds: Odds
  #changed = true
  #forced = -1

  constructor(
    ranker: Ranker,
    constraints: readonly Constraint[],
    columns: readonly RankColumn[],
    scores: Float64Array,
  ) {
    const rows = scores.length
    this.#states = constraints.map((constraint, i) => constraint.begin(columns[i], rows))
    this.#settled = finite(scores)
    const adjusting = this.#states.filter((state) => state.adjust !== undefined)
    while (adjusting.length > 0 && adjusting[0].fixed) adjusting.shift()?.adjust?.(this.#settled)
    this.#adjusting = adjusting
    this.#free = new Uint8Array(rows).fill(1)
    this.#odds = new Odds(ranker, adjusting.length > 0 ? new Float64Array(rows) : this.#settled)
  }

  prepare(position: number): void {
    this.#forced = this.#forcedRow(position)
    if (this.#forced >= 0) return
    const odds = this.#odds
    if (this.#changed) {
      this.#changed = false
      this.#mask(this.#states)
      this.#adjust()
    }
    if (odds.openRows === 0) {
      this.relaxed.push(position)
      this.#changed = true
      this.#mask(this.#states.filter((state) => state.force !== undefined))
      if (odds.openRows === 0) this.#mask([])
    }
    odds.settle()
  }

  propensity(row: number): number {
    if (this.#forced >= 0) return row === this.#forced ? 1 : 0
    return this.#odds.propensity(row)
  }

  draw(random: Random): number {
    return this.#forced >= 0 ? this.#forced : this.#odds.draw(random)
  }

  take(row: number, position: number): void {
    this.#free[row] = 0
    this.#odds.close(row)
    for (const state of this.#states) if (state.taken?.(row, position)) this.#changed = true
  }

  #forcedRow(position: number): number {
    for (const state of this.#states) {
      const row = state.force?.(position) ?? -1
      if (row >= 0 && this.#free[row] === 1) return row
    }
    return -1
  }

  #mask(states: readonly ConstraintState[]): void {
    const { open } = this.#odds
    open.set(this.#free)
    for (const { blocked } of states)
      if (blocked) for (let row = 0; row < open.length; row++) open[row] &= blocked[row] ^ 1
    this.#odds.reopened()
  }

  #adjust(): void {
    if (this.#adjusting.length === 0) return
    const { utilities } = this.#odds
    utilities.set(this.#settled)
    for (const state of this.#adjusting) state.adjust?.(utilities)
    this.#odds.revalued()
  }
}

function finite(scores: Float64Array): Float64Array {
  const { MAX_VALUE } = Number
  const numbers = new Float64Array(scores.length)
  for (let row = 0; row < scores.length; row++) {
    const score = scores[row]
    numbers[row] = Number.isNaN(score)
      ? -MAX_VALUE
      : Math.max(-MAX_VALUE, Math.min(MAX_VALUE, score))
  }
  return numbers
}
