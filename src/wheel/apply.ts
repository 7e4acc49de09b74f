import type { OutcomeEvent } from '../core/event-envelope.ts'
import { changesOf } from './apply-changes.ts'
import { type TextOptions, textsFor } from './apply-texts.ts'
import type { Runtime } from './runtime.ts'

/** What bringing events to records needs. */
export interface ApplyOptions extends TextOptions, Pick<Runtime, 'eventOwners'> {}

/**
 * Brings events to the objects that own the records they touch, each of which counts an event once however
 * often it comes. Events that do not count are left out. Rejects if one owner failed: then bring all of
 * them again.
 */
export async function applyOutcomes(
  options: ApplyOptions,
  events: readonly OutcomeEvent[],
): Promise<void> {
  const changes = changesOf(options, events, await textsFor(options, events))
  await options.eventOwners.apply(changes)
}
