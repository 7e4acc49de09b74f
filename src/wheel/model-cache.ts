import type { Plan } from '../core/plan.ts'
import type { BoundScorer } from '../core/stage.ts'
import type { WaitUntil } from './runtime.ts'

/** A published model, bound to the chain it serves. */
export interface ServingModel {
  /** `movies-home@3` */
  readonly version: string
  readonly scorer: BoundScorer
}

/** What serves now; `rejected` says why the newest published artifact does not. */
export interface ModelRead {
  readonly serving: ServingModel | null
  readonly rejected: string | null
}

/** Published models in isolate memory, the last good one kept. */
export interface ModelCache {
  read(plan: Plan, options: { waitMs: number; waitUntil: WaitUntil }): Promise<ModelRead>
}
