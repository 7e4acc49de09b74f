import type { Random } from './random.ts'
import type { Choice, Constraint, ConstraintState, RankColumn, Ranker } from './stage.ts'

/** A slate as chosen: rows in order with their propensities, and at which positions constraints gave way. */
export interface Chosen {
  readonly choices: readonly Choice[]
  readonly relaxed: readonly number[]
}

/**
 * Fills up to `slots` positions. Before each draw the open rows are those not yet chosen and not blocked;
 * where constraints block all that is left they give way, so that a page never has holes, and the
 * position is reported in `relaxed`. A forced row has propensity 1.
 */
export function choose(
  ranker: Ranker,
  constraints: readonly Constraint[],
  columns: readonly RankColumn[],
  scores: Float64Array,
  slots: number,
  random: Random,
): Chosen {
  const rows = scores.length
  const chooser = ranker.begin(rows)
  const states: ConstraintState[] = constraints.map((constraint, i) =>
    constraint.begin(columns[i], rows),
  )
  const utilities = Float64Array.from(scores)
  const free = new Uint8Array(rows).fill(1)
  const open = new Uint8Array(rows)
  const choices: Choice[] = []
  const relaxed: number[] = []
  for (let position = 1; position <= Math.min(slots, rows); position++) {
    const forced = forcedRow(states, free, position)
    let choice: Choice
    if (forced >= 0) choice = { index: forced, propensity: 1 }
    else {
      if (!openRows(states, free, open)) {
        open.set(free)
        relaxed.push(position)
      }
      choice = chooser.choose(open, utilities, adjust(states, scores, utilities, position), random)
    }
    choices.push(choice)
    free[choice.index] = 0
    for (const state of states) state.taken?.(choice.index, position)
  }
  return { choices, relaxed }
}

function forcedRow(states: readonly ConstraintState[], free: Uint8Array, position: number): number {
  for (const state of states) {
    const row = state.force?.(position) ?? -1
    if (row >= 0 && free[row]) return row
  }
  return -1
}

function openRows(states: readonly ConstraintState[], free: Uint8Array, open: Uint8Array): boolean {
  open.set(free)
  for (const { blocked } of states)
    if (blocked) for (let row = 0; row < open.length; row++) open[row] &= blocked[row] ^ 1
  return open.includes(1)
}

function adjust(
  states: readonly ConstraintState[],
  scores: Float64Array,
  utilities: Float64Array,
  position: number,
): boolean {
  const adjusting = states.filter((state) => state.adjust !== undefined)
  if (adjusting.length === 0) return position === 1
  utilities.set(scores)
  for (const state of adjusting) state.adjust?.(utilities)
  return true
}
