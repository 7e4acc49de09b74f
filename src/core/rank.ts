import type { DecisionContext } from './context.ts'
import type { Pool } from './pool.ts'
import type { Reads } from './read.ts'
import type { Scope } from './reading.ts'

/** A chosen row, and its probability given the rows above it and every mask. */
export interface Choice {
  readonly index: number
  readonly propensity: number
}

/**
 * Says how likely each open row is at the next slot; the engine draws, and logs the very numbers it drew by.
 * P(row) = explore × weight(row) / Σ weight(open rows), and 1 − explore more for the best open row (ties:
 * the lowest).
 */
export interface Ranker {
  readonly stage: 'rank'
  readonly name: string
  /** Part of the chain as data, and of a decision's replay. */
  readonly options: Readonly<Record<string, number>>
  /** From 0 (the best row always) to 1. */
  readonly explore: number
  /**
   * A row's chance among the explored, relative to that of a row with utility `best`: 1 where they are
   * equal, at least 0, not lower for a higher utility. Utilities are scores after boosts, finite numbers.
   * `best` only keeps numbers in range: the ratio of two rows' weights must not depend on it.
   */
  readonly weight: (utility: number, best: number) => number
}

/** What a constraint knows of each row; logged with the decision so that it can be replayed. */
export type RankColumn =
  | { readonly kind: 'numbers'; readonly values: Float64Array }
  | {
      readonly kind: 'codes'
      readonly offsets: Int32Array
      readonly codes: Int32Array
      readonly dictionary: readonly string[]
    }

/** A running constraint: masks and adjusts before each draw, learns of each pick after it. */
export interface ConstraintState {
  /** The only row allowed at a position (from 1), or -1. */
  force?(position: number): number
  /** 1 where a row must not be chosen now. */
  readonly blocked?: Uint8Array
  /** Rewrites utilities in place; those it gets are the scores after the adjustments listed before it. */
  adjust?(utilities: Float64Array): void
  /** `adjust` does the same before every draw. */
  readonly fixed?: boolean
  /** Learns of a pick. True where `blocked`, or what `adjust` does, has changed by it. */
  taken?(row: number, position: number): boolean
}

/** A rule about the slate that holds under every ranker, with exact propensities. */
export interface Constraint {
  readonly stage: 'rank'
  readonly name: string
  readonly options: Readonly<Record<string, unknown>>
  /** Ids that must be in the pool for this rule (pins); they pass the filters like all others. */
  readonly wants?: (context: DecisionContext) => readonly string[]
  /** What `read` reads, under the names that it binds. */
  readonly reads: Reads
  /** Reads what it needs of each row. All that `begin` knows of the rows is in this column. */
  read(pool: Pool, scope: Scope): RankColumn
  begin(column: RankColumn, rows: number): ConstraintState
}
