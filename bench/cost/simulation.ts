import type { Env } from '../../src/env.ts'
import { meter } from './meter.ts'
import { type Call, countRows, meteredClass, meteredNamespace } from './objects.ts'
import { meteredBucket, meteredKv, meteredQueue } from './stores.ts'
import { type Timeline, timeline } from './timeline.ts'

/** How the queue's consumer is configured (wrangler.toml). */
export interface ConsumerSettings {
  readonly batchSize: number
  readonly batchTimeoutMs: number
}

/** The product in a world that counts, in which time passes as told. */
export interface Simulation {
  readonly time: Timeline
  /** The product's object classes, to be exported. */
  readonly objects: Readonly<Record<string, unknown>>
  readonly lakeBytes: () => number
  /** Takes the real bindings of objects; call it in each request. */
  bind(env: Env): void
  configure(settings: ConsumerSettings): void
  /** One request; the work it leaves behind is done, too. Throws where it fails. */
  send(method: string, path: string, key: string, body: unknown): Promise<unknown>
  /** Requests that come before what is counted. */
  seed(calls: readonly { readonly path: string; readonly body: unknown }[]): Promise<void>
  /** Lets time pass, and counts. */
  runUntil(timeMs: number): Promise<void>
}

interface Handler {
  fetch(request: never, env: Env, ctx: never): Response | Promise<Response>
  queue(batch: MessageBatch<unknown>, env: Env): Promise<void>
}

/** See {@link Simulation}. */
export function simulation(
  handler: Handler,
  classes: Readonly<Record<string, new (ctx: DurableObjectState, env: never) => object>>,
): Simulation {
  const time = timeline(Date.now())
  const kv = meteredKv()
  const lake = meteredBucket()
  let real: Env | null = null
  let bindings: Env | null = null
  let settings: ConsumerSettings = { batchSize: 100, batchTimeoutMs: 1_000 }
  const waiting: Uint8Array[] = []
  let isDue = false
  let timer: (() => void) | null = null
  let messages = 0

  const namespaceOf = (kind: string) =>
    (real as unknown as Record<string, DurableObjectNamespace>)[kind.toUpperCase()]
  const call: Call = (kind, name) =>
    namespaceOf(kind).getByName(name) as unknown as ReturnType<Call>

  async function deliver(): Promise<void> {
    timer?.()
    timer = null
    const bodies = waiting.splice(0, settings.batchSize)
    await consume(bodies)
    if (waiting.length > 0) expect()
  }

  /** A full batch comes at once, another when it has waited long enough. */
  function expect(): void {
    const isFull = waiting.length >= settings.batchSize
    if (isFull && !isDue) timer?.()
    if (isFull ? isDue : timer) return
    isDue = isFull
    timer = time.at(time.nowMs + (isFull ? 0 : settings.batchTimeoutMs), () => {
      isDue = false
      return deliver()
    })
  }

  async function consume(bodies: readonly Uint8Array[]): Promise<void> {
    meter.add('request', 'consumer')
    const batch = {
      queue: 'edgewheel-events',
      messages: bodies.map((body) => ({
        id: `m${++messages}`,
        timestamp: new Date(time.nowMs),
        attempts: 1,
        body: body.buffer,
        ack() {},
        retry() {
          throw new Error('a message was to be retried')
        },
      })),
    }
    await handler.queue(batch as unknown as MessageBatch<unknown>, bindings as Env)
  }

  const queue = meteredQueue((body) => {
    waiting.push(body)
    expect()
  })

  const world = { bindings: () => bindings, time: () => time, call }
  const objects = Object.fromEntries(
    Object.entries(classes).map(([kind, base]) => [kind, meteredClass(base, kind, world)]),
  )

  async function send(method: string, path: string, key: string, body: unknown): Promise<unknown> {
    meter.add('request', path.split('/').slice(0, 3).join('/'))
    const background: Promise<unknown>[] = []
    const request = new Request(`https://edge.test${path}`, {
      method,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    const context = { waitUntil: (work: Promise<unknown>) => background.push(work) }
    const response = await handler.fetch(request as never, bindings as Env, context as never)
    const answer = await response.json()
    while (background.length > 0) await background.shift()
    if (!response.ok) throw new Error(`${path}: ${JSON.stringify(answer)}`)
    return answer
  }

  return {
    time,
    objects,
    lakeBytes: lake.bytes,
    bind(env) {
      real = env
      if (bindings) return
      const namespaces = Object.keys(classes).map((kind) => [
        kind.toUpperCase(),
        meteredNamespaceLater(() => namespaceOf(kind), kind),
      ])
      bindings = {
        ...env,
        ...Object.fromEntries(namespaces),
        ...{ FEATURES: kv, LAKE: lake, EVENTS: queue },
      }
    },
    configure(given) {
      settings = given
    },
    send,
    async seed(calls) {
      for (const { path, body } of calls)
        await send('PUT', path, String(bindings?.SECRET_KEY), body)
      await this.runUntil(time.nowMs + 60_000)
    },
    async runUntil(timeMs) {
      await time.runUntil(timeMs)
      countRows()
    },
  }
}

/** The bindings of the request at hand: those of an earlier one may be gone. */
function meteredNamespaceLater(
  namespace: () => DurableObjectNamespace,
  kind: string,
): DurableObjectNamespace {
  return {
    getByName: (name: string) => meteredNamespace(namespace(), kind).getByName(name),
  } as unknown as DurableObjectNamespace
}
