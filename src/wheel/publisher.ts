import { type Clock, within } from '../core/deadline.ts'

/** Makes messages durable. */
export interface Publisher {
  /**
   * Resolves when each message is in the queue or in an outbox, or nowhere: `true` by message where it is
   * durable. Never rejects. What is durable may arrive more than once, and in any order.
   */
  publish(messages: readonly Uint8Array[]): Promise<boolean[]>
  /** Counts messages that nobody will send again, and says so. */
  lose(count: number, cause: unknown): void
}

/** Where messages wait that the queue refused. */
export interface Outbox {
  /** True once the messages are durable; false where there is no room. */
  put(messages: readonly Uint8Array[], lost: number): Promise<boolean>
}

/** What a publisher stands on. */
export interface PublisherOptions {
  readonly queue: Pick<Queue<Uint8Array>, 'sendBatch'>
  /** A few; which one takes a batch is chance, and the others stand in for it. */
  readonly outboxes: readonly Outbox[]
  readonly clock: Clock
  readonly random: () => number
}

/** The platform's limits of one `sendBatch`, with room for what it adds to each message. */
export const GROUP_LIMITS = { messages: 100, bytes: 240_000 } as const
/** The platform takes no larger message; it would be refused for ever. */
export const MESSAGE_BYTES = 127_000
/** How long the queue, and each outbox, may take to answer, ms. */
const PATIENCE_MS = 5_000

/** A publisher that sends to the queue, and puts what the queue refuses into an outbox. */
export function publisher({ queue, outboxes, clock, random }: PublisherOptions): Publisher {
  /** Lost in this isolate, and not yet told to an outbox, which counts for good. */
  let lost = 0

  async function send(group: readonly Uint8Array[]): Promise<boolean> {
    const sent = await within(
      clock,
      PATIENCE_MS,
      attempt(() => queue.sendBatch(group.map((body) => ({ body, contentType: 'bytes' })))),
    )
    if (sent.state === 'done') return true
    console.error('the queue refused messages:', sent.state === 'failed' ? sent.error : sent.state)
    return keep(group)
  }

  async function keep(group: readonly Uint8Array[]): Promise<boolean> {
    const first = Math.floor(random() * outboxes.length)
    for (let i = 0; i < outboxes.length; i++) {
      const outbox = outboxes[(first + i) % outboxes.length]
      const told = lost
      lost = 0
      const kept = await within(
        clock,
        PATIENCE_MS,
        attempt(() => outbox.put(group, told)),
      )
      if (kept.state !== 'done') lost += told
      if (kept.state === 'done' && kept.value) return true
      console.error('an outbox refused messages:', kept.state === 'failed' ? kept.error : kept)
    }
    return false
  }

  return {
    async publish(messages) {
      const groups = groupsOf(messages.filter(({ length }) => length <= MESSAGE_BYTES))
      const sent = await Promise.all(groups.map(send))
      const durable = groups.flatMap((group, i) => group.map(() => sent[i]))
      return messages.map(({ length }) => length <= MESSAGE_BYTES && durable.shift() === true)
    },
    lose(count, cause) {
      lost += count
      console.error(`lost ${count} messages:`, cause)
    },
  }
}

/** Consecutive messages, as many as one call takes. */
export function groupsOf(messages: readonly Uint8Array[]): Uint8Array[][] {
  const groups: Uint8Array[][] = []
  let size = 0
  for (const message of messages) {
    const last = groups.at(-1)
    if (
      last &&
      last.length < GROUP_LIMITS.messages &&
      size + message.length <= GROUP_LIMITS.bytes
    ) {
      last.push(message)
      size += message.length
    } else {
      groups.push([message])
      size = message.length
    }
  }
  return groups
}

/** What throws at once rejects like what throws later. */
async function attempt<T>(call: () => Promise<T>): Promise<T> {
  return call()
}
