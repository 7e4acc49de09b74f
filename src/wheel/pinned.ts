import type { DecisionEvent } from '../core/decision-event.ts'
import type { BoundScorer } from '../core/stage.ts'
import { parseArtifact } from '../model/artifact.ts'
import { hasFeaturesOf } from './replay.ts'
import type { Runtime } from './runtime.ts'

/**
 * The scorer that a logged decision was made with: its version of the model, or the prior weights of the
 * same chain. Null where the chain has changed too much since, or the version is gone.
 */
export async function pinnedScorer(
  { plans, registry }: Pick<Runtime, 'plans' | 'registry'>,
  event: DecisionEvent,
): Promise<BoundScorer | null> {
  const plan = plans.get(event.useCase)
  if (!plan || !hasFeaturesOf(event, plan)) return null
  if (event.model === null) return event.chain === plan.fingerprint ? plan.prior : null
  const { useCase } = plan
  const artifact = await registry.artifact(event.useCase, versionOf(event.model))
  if (artifact === null) return null
  const parsed = parseArtifact(artifact, useCase)
  if ('rejected' in parsed) return null
  return useCase.score.bind(useCase.featurize, useCase.objective, parsed.model)
}

/** 3 of `movies-home@3`. */
function versionOf(model: string): number {
  return Number(model.slice(model.lastIndexOf('@') + 1))
}
