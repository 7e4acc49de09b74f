import { type OutboxRpc, type OutboxState, outboxNames } from './outbox.ts'
import { eachOf } from './record-owners.ts'

/** What waits in all outboxes together, and what they know to be lost. Rejects if one does not answer. */
export async function backlogOf(
  namespace: DurableObjectNamespace<OutboxRpc>,
): Promise<OutboxState> {
  const states = await eachOf(outboxNames(), async (name) => namespace.getByName(name).state())
  const sum = (of: (state: OutboxState) => number) => states.reduce((all, one) => all + of(one), 0)
  const oldest = states.map(({ oldestMs }) => oldestMs).filter((ms) => ms !== null)
  return {
    messages: sum(({ messages }) => messages),
    bytes: sum(({ bytes }) => bytes),
    lost: sum(({ lost }) => lost),
    oldestMs: oldest.length > 0 ? Math.min(...oldest) : null,
  }
}
