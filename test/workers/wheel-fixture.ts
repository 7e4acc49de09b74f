import {
  createExecutionContext,
  createMessageBatch,
  getQueueResult,
  waitOnExecutionContext,
} from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import type { Env } from '../../src/env.ts'
import worker from '../../src/index.ts'

/** The Worker's bindings with keys of a test, and a queue that keeps what it gets until a test delivers it. */
export function testWorker(sendBatch: (bodies: readonly Uint8Array[]) => unknown = () => {}) {
  const sent: Uint8Array[] = []
  const settings: Env = {
    ...(env as unknown as Env),
    PUBLISHABLE_KEY: 'pk_test',
    SECRET_KEY: 'sk_test',
    SIGNING_SECRET: 'signing',
    IDENTITY_SECRET: 'identity',
    EVENTS: {
      async sendBatch(batch: readonly MessageSendRequest<Uint8Array>[]) {
        const bodies = batch.map(({ body }) => body)
        await sendBatch(bodies)
        sent.push(...bodies)
      },
    } as unknown as Env['EVENTS'],
  }
  let messages = 0
  return {
    sent,
    settings,
    /** Answers when the work that the request left behind is done, too. */
    async send(method: string, path: string, body?: unknown): Promise<Response> {
      const context = createExecutionContext()
      const request = new Request(`https://edge.test${path}`, {
        method,
        headers: { authorization: 'Bearer sk_test', 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }) as Parameters<typeof worker.fetch>[0]
      const response = await worker.fetch(request, settings, context)
      await waitOnExecutionContext(context)
      return response
    },
    /** Hands messages to the consumer as the platform does; which it acked and which it wants again. */
    async deliver(
      bodies: readonly unknown[],
      { queue = 'edgewheel-events', attempts = 1, over = {} as Partial<Env> } = {},
    ) {
      const batch = createMessageBatch(
        queue,
        bodies.map((body) => ({
          id: `m${++messages}`,
          timestamp: new Date(1_790_000_000_000),
          attempts,
          body,
        })),
      )
      const context = createExecutionContext()
      await worker.queue(batch, { ...settings, ...over })
      const { explicitAcks, retryMessages } = await getQueueResult(batch, context)
      const of = (id: string) => batch.messages.findIndex((message) => message.id === id)
      return {
        acked: explicitAcks.map(of).sort((a, b) => a - b),
        retried: retryMessages.map(({ msgId }) => of(msgId)),
      }
    },
  }
}

/** Films as the example has them. */
export const films = Array.from({ length: 60 }, (_, i) => ({
  id: `${i + 1}`,
  attributes: {
    title: `Film ${i + 1}`,
    genres: i % 2 ? ['Comedy'] : ['Drama', 'War'],
    year: 1980 + (i % 40),
    batch_positives: 1_000 - i,
    batch_decayed_90d: i,
    batch_decayed_365d: i,
    first_rated_at: 1_600_000_000_000 + i,
  },
}))

/** Keys of everything in the lake below a prefix. */
export async function keysBelow(prefix: string): Promise<string[]> {
  const { objects } = await (env as unknown as Env).LAKE.list({ prefix })
  return objects.map(({ key }) => key)
}
