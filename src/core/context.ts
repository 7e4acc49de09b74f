import type { Random } from './random.ts'
import type { Interaction } from './read.ts'
import type { RecordView } from './record.ts'
import type { DecideRequest } from './request.ts'
import type { Table } from './table.ts'

/** Everything one decision knows before it draws candidates. Stages read it; nobody writes it. */
export interface DecisionContext {
  readonly nowMs: number
  readonly random: Random
  readonly request: DecideRequest
  /** The session's interactions, newest first. */
  readonly recent: readonly Interaction[]
  /** The candidates' table; empty where the use case's candidates have no pages yet. */
  readonly items: Table
  /** The record bound under an alias of the use case's `context`; an unknown one where there is none. */
  record(alias: string): RecordView
}
