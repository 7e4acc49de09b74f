import { DurableObject } from 'cloudflare:workers'
import { type OutboxRows, type OutboxState, outboxRows } from './outbox-rows.ts'
import type { Outbox } from './publisher.ts'

export type { OutboxState } from './outbox-rows.ts'

/** What an Outbox object answers to; a few objects, named by {@link outboxNames}. */
export interface OutboxRpc extends Rpc.DurableObjectBranded {
  /**
   * Keeps messages, all or none, and tries to send them until the queue takes them. False where there is no
   * room. `lost` messages, which no one could keep, are counted.
   */
  put(messages: readonly Uint8Array[], lost: number): Promise<boolean>
  state(): Promise<OutboxState>
}

/** What {@link outboxClass} takes: how to reach the queue from bindings, and how much one object keeps. */
export interface OutboxOptions<Env> {
  readonly queueOf: (env: Env) => Pick<Queue<Uint8Array>, 'sendBatch'>
  /** Default 1 GB: what an object may keep on every plan. */
  readonly maxBytes?: number
}

const SHARDS = 4
const MAX_BYTES = 1_000_000_000
const FIRST_DELAY_MS = 1_000
const LAST_DELAY_MS = 60_000
/** The messages of one alarm; those left follow in the next. */
const GROUPS_PER_ALARM = 50

/** The names of the objects in which messages wait. */
export function outboxNames(): string[] {
  return Array.from({ length: SHARDS }, (_, shard) => `outbox/${shard}`)
}

/** Clients of the Outbox objects behind `namespace`. */
export function outboxesOf(namespace: DurableObjectNamespace<OutboxRpc>): Outbox[] {
  return outboxNames().map((name) => ({
    put: async (messages, lost) => namespace.getByName(name).put(messages, lost),
  }))
}

/** The class of the objects in which messages wait; export it under the name that the bindings use. */
export function outboxClass<Env>({
  queueOf,
  maxBytes = MAX_BYTES,
}: OutboxOptions<Env>): new (
  ctx: DurableObjectState,
  env: Env,
) => DurableObject<Env> & OutboxRpc {
  return class Outbox extends DurableObject<Env> implements OutboxRpc {
    readonly #queue: Pick<Queue<Uint8Array>, 'sendBatch'>
    readonly #rows: OutboxRows
    #failures = 0

    constructor(ctx: DurableObjectState, env: Env) {
      super(ctx, env)
      this.#queue = queueOf(env)
      this.#rows = outboxRows(ctx.storage)
    }

    async put(messages: readonly Uint8Array[], lost: number): Promise<boolean> {
      const armedMs = await this.ctx.storage.getAlarm()
      if (lost > 0) this.#rows.addLost(lost)
      const bytes = messages.reduce((sum, { length }) => sum + length, 0)
      if (this.#rows.state().bytes + bytes > maxBytes) return false
      // No await between the rows and the alarm: both are written, or neither. The platform holds the
      // answer back until they are.
      this.#rows.add(messages, Date.now())
      if (armedMs === null) await this.ctx.storage.setAlarm(Date.now() + FIRST_DELAY_MS)
      return true
    }

    async state(): Promise<OutboxState> {
      return this.#rows.state()
    }

    /** Never rejects for what the queue does: the platform gives up after six retries. */
    override async alarm(): Promise<void> {
      // Before anything is sent, in case the object goes down meanwhile.
      const delayMs = Math.min(LAST_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.min(this.#failures, 10))
      await this.ctx.storage.setAlarm(Date.now() + delayMs)
      try {
        await this.#drain()
        this.#failures = 0
      } catch (error) {
        this.#failures++
        console.error(`${this.ctx.id.name}: the queue refused messages again:`, error)
        return
      }
      if (this.#rows.state().messages === 0) await this.ctx.storage.deleteAlarm()
    }

    async #drain(): Promise<void> {
      for (let groups = 0; groups < GROUPS_PER_ALARM; groups++) {
        const group = this.#rows.oldest()
        if (group.length === 0) return
        await this.#queue.sendBatch(group.map(({ body }) => ({ body, contentType: 'bytes' })))
        // Sent and not yet deleted, should the object go down here: the queue may hold a message twice.
        this.#rows.delete(group.map(({ id }) => id))
      }
    }
  }
}
