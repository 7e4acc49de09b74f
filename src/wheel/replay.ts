import { type Chosen, choose } from '../core/choose.ts'
import type { DecisionEvent } from '../core/decision-event.ts'
import type { Plan } from '../core/plan.ts'
import { seededRandom } from '../core/random.ts'
import type { BoundScorer } from '../core/stage.ts'
import type { Digests } from './runtime.ts'

/** A decision made again from its record. */
export interface Replay extends Chosen {
  readonly scores: Float64Array
}

/** Why a record cannot be made again. */
export type NotReplayable =
  /** Rows had to go so that it fits. */
  | 'incomplete'
  /** The chain has changed since. */
  | 'other_chain'

/**
 * Scores the logged rows and chooses among them as the decision did: with its model (null: prior weights),
 * its chance and what its constraints read. The same engine gives the same bits.
 */
export function replayDecision(
  event: DecisionEvent,
  plan: Plan,
  model: BoundScorer | null,
  digests: Pick<Digests, 'sha256'>,
): Replay | NotReplayable {
  if (!event.complete) return 'incomplete'
  if (event.chain !== plan.fingerprint) return 'other_chain'
  const { rank, constraints } = plan.useCase
  const scores = (model ?? plan.prior).score(event.matrix)
  const random = seededRandom(digests.sha256(event.decisionId).subarray(16))
  const chosen = choose(rank, constraints, event.rankColumns, scores, event.limit, random)
  return { ...chosen, scores }
}

/** Whether the features of a record are those of a chain, so that a model of the one fits the other. */
export function hasFeaturesOf(event: DecisionEvent, { useCase }: Plan): boolean {
  const { featurize } = useCase
  return (
    event.features.length === featurize.length &&
    event.features.every(({ hash }, i) => hash === featurize[i].hash)
  )
}
