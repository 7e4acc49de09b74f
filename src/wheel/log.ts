import { encodeDecision } from '../core/decision-bounds.ts'
import { decisionEvent } from '../core/decision-event.ts'
import type { OutcomeEvent } from '../core/event-envelope.ts'
import type { Decision } from './decide.ts'
import { decisionMessage, outcomeMessages } from './message.ts'
import type { Publisher } from './publisher.ts'
import type { WaitUntil } from './runtime.ts'

interface Log {
  readonly publisher: Publisher
}

/**
 * Logs decisions without holding up their answer: their records are written now, since a decision's arrays
 * are used again, and sent behind it. What can be saved nowhere is counted as lost. Never throws.
 */
export function logDecisions(
  { publisher }: Log,
  decisions: readonly Decision[],
  waitUntil: WaitUntil,
): void {
  const messages: Uint8Array[] = []
  for (const decision of decisions)
    try {
      messages.push(decisionMessage(recordOf(decision)))
    } catch (error) {
      publisher.lose(1, error)
    }
  if (messages.length > 0) waitUntil(send(publisher, messages))
}

/** The record of a decision, as it is logged. */
export function recordOf(decision: Decision): Uint8Array {
  const { plan, decisionId, decidedAtMs, model, variant, degraded, trace } = decision
  return encodeDecision(
    decisionEvent(plan, decision, {
      ...{ decisionId, decidedAtMs, model, variant, degraded },
      trace: trace.stages,
    }),
  )
}

async function send(publisher: Publisher, messages: readonly Uint8Array[]): Promise<void> {
  const durable = await publisher.publish(messages)
  const lost = durable.filter((is) => !is).length
  if (lost > 0) publisher.lose(lost, 'no outbox took them')
}

/**
 * Makes accepted events durable: in the queue, or in an outbox. By event in their order: whether it is.
 * Never rejects.
 */
export async function sendOutcomes(
  { publisher }: Log,
  events: readonly OutcomeEvent[],
): Promise<{ durable: boolean[] }> {
  const packs = outcomeMessages(events)
  const sent = await publisher.publish(packs.map(({ bytes }) => bytes))
  return { durable: packs.flatMap(({ count }, i) => Array<boolean>(count).fill(sent[i])) }
}
