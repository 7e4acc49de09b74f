import type { OutcomeEvent } from '../core/event-envelope.ts'
import { outcomeMessages } from './message.ts'
import type { Publisher } from './publisher.ts'

/**
 * Makes accepted events durable: in the queue, or in an outbox. By event in their order: whether it is.
 * Never rejects.
 */
export async function sendOutcomes(
  { publisher }: { readonly publisher: Publisher },
  events: readonly OutcomeEvent[],
): Promise<{ durable: boolean[] }> {
  const packs = outcomeMessages(events)
  const sent = await publisher.publish(packs.map(({ bytes }) => bytes))
  return { durable: packs.flatMap(({ count }, i) => Array<boolean>(count).fill(sent[i])) }
}
