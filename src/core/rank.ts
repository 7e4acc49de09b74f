import type { DecisionContext } from './context.ts'
import type { Pool } from './pool.ts'
import type { Reads } from './read.ts'
import type { Scope } from './reading.ts'

/** A chosen row, and its probability given the rows above it and every mask. */
export interface Choice {
  readonly index: number
  readonly propensity: number
}

/** Says how likely each open row is at the next slot; the engine draws. */
export interface Ranker {
  readonly stage: 'rank'
  readonly name: string
  /** Part of the chain as data, and of a decision's replay. */
  readonly options: Readonly<Record<string, number>>
  begin(rows: number): Chooser
}

/** A ranker at work on one slate. */
export interface Chooser {
  /** By row, at least 0; what stands at rows that are not open is ignored. */
  readonly weights: Float64Array
  /**
   * Sets the weights of the open rows (1 in `open`, at least one) to their chances at the next slot, up to
   * a common factor, and returns their sum, above 0. `utilities` are scores after boosts, finite numbers;
   * `changed` says that they may differ from the last call's, and is true at the first.
   */
  weigh(open: Uint8Array, utilities: Float64Array, changed: boolean): number
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
