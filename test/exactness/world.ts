import type { Clock } from '../../src/core/deadline.ts'
import type { OutcomeEvent } from '../../src/core/event-envelope.ts'
import { mulberry32 } from '../../src/core/mulberry32.ts'
import type { FeatureStore } from '../../src/store/feature-store.ts'
import { memoryStore } from '../../src/store/memory.ts'
import { applyOutcomes } from '../../src/wheel/apply.ts'
import { eventOwners } from '../../src/wheel/apply-owners.ts'
import { collect, collectDead } from '../../src/wheel/collect.ts'
import { sendOutcomes } from '../../src/wheel/log.ts'
import { type OutboxRpc, outboxClass, outboxesOf } from '../../src/wheel/outbox.ts'
import { publisher } from '../../src/wheel/publisher.ts'
import { type RecordsRpc, recordsClass } from '../../src/wheel/records.ts'
import { redrive } from '../../src/wheel/redrive.ts'
import { memoryBucket, type TestBucket } from '../fixtures/lake.ts'
import { ENTITIES, EVENTS } from './definitions.ts'
import { chance } from './history.ts'
import { SimulatedNamespace, type SimulatedObject } from './objects.ts'
import { SimulatedQueue, type Verdict, type Waiting } from './queue.ts'
import { Life, Weather } from './weather.ts'

/** The time at which every schedule begins, epoch ms. */
export const START_MS = Date.parse('2026-09-21T12:00:00Z')

/** A Worker with its queue, bucket, store and objects, all in one process and one virtual time. */
export class World {
  /** The last one made: its time is everybody's. */
  static current: World | null = null
  nowMs = START_MS
  readonly weather: Weather
  readonly queue: SimulatedQueue
  readonly bucket: TestBucket = memoryBucket()
  readonly records: SimulatedNamespace
  readonly outboxes: SimulatedNamespace
  readonly #random: () => number
  readonly #clock: Clock = {
    nowMs: () => this.nowMs,
    sleep: (_, signal) =>
      new Promise((resolve) => signal.addEventListener('abort', () => resolve())),
  }

  constructor(seed: number) {
    World.current = this
    this.#random = mulberry32(seed)
    this.weather = new Weather(this.#random)
    this.queue = new SimulatedQueue(this.#random, () => this.weather.again)
    const fault = () => this.weather.object()
    const Records = recordsClass<null>({ entities: ENTITIES, storeOf: () => this.#store() })
    this.records = new SimulatedNamespace((ctx) => new Records(ctx, null), fault)
    const Outbox = outboxClass<string>({ queueOf: (name) => this.#outboxQueue(name) })
    this.outboxes = new SimulatedNamespace((ctx) => new Outbox(ctx, ctx.id.name ?? ''), fault)
  }

  /** What a client sends is accepted: by event, whether; null where no answer comes. */
  async send(events: readonly OutcomeEvent[]): Promise<readonly boolean[] | null> {
    const life = new Life()
    const stamped = events.map((event) => ({ ...event, receivedMs: this.nowMs }))
    const answer = sendOutcomes({ publisher: this.#publisher(life) }, stamped)
    const settled = await Promise.race([answer, life.down])
    return settled === 'down' ? null : settled.durable
  }

  /** A message of nobody's. */
  garbage(): void {
    this.queue.push(new Uint8Array([1, 2, 3, chance(this.#random).below(256)]), this.nowMs)
  }

  /** Hands a batch to the consumer; how many messages. */
  async deliver(most: number, from: 'waiting' | 'dead' = 'waiting'): Promise<number> {
    const waiting = this.queue.batch(this.nowMs, most, from)
    if (waiting.length === 0) return 0
    const life = new Life()
    const { batch, verdicts } = this.#handedOver(waiting, life)
    const bucket = this.#bucketFor(life)
    const namespace = this.records.stubs<RecordsRpc>(life.through)
    const applying = {
      entities: new Map(ENTITIES.map((entity) => [entity.name, entity])),
      events: EVENTS,
      eventOwners: eventOwners(namespace, ENTITIES),
      // No record here is named by a field of another one.
      ...({} as { tables: never; owners: never }),
    }
    const work =
      from === 'dead'
        ? collectDead(batch, { bucket })
        : collect(batch, { bucket, applyOutcomes: (events) => applyOutcomes(applying, events) })
    const ended = await Promise.race([work, life.down])
    if (ended !== 'down' && verdicts.includes('left')) throw new Error('a message was left over')
    // Of what a process said before it went down, the platform may have heard nothing.
    const heard = ended !== 'down' || chance(this.#random).is(0.5)
    this.queue.settle(waiting, heard ? verdicts : verdicts.map(() => 'left'), this.nowMs, from)
    return waiting.length
  }

  /** Sends again what was set aside. */
  async redrive(): Promise<void> {
    const life = new Life()
    const query = { date: null, beforeMs: this.nowMs, after: null, limit: 100 }
    const bucket = this.#bucketFor(life)
    const work = redrive({ bucket, publisher: this.#publisher(life) }, query)
    await Promise.race([work.catch(() => {}), life.down])
  }

  /** All objects, in the order of their names. */
  objects(): SimulatedObject[] {
    const all = [...this.records.objects, ...this.outboxes.objects]
    return all.sort(([a], [b]) => (a < b ? -1 : 1)).map(([, object]) => object)
  }

  /** Lets time pass, and runs the alarms that fall due. */
  async pass(ms: number): Promise<void> {
    this.nowMs += ms
    for (const object of this.objects()) await object.alarm(this.nowMs, this.weather.object())
  }

  close(): void {
    this.records.close()
    this.outboxes.close()
  }

  #publisher(life: Life) {
    const sendBatch = async (batch: Iterable<MessageSendRequest<Uint8Array>>) =>
      life.suffer(this.weather.of('queue'), () => this.#take(batch))
    return publisher({
      queue: { sendBatch } as unknown as Queue<Uint8Array>,
      outboxes: outboxesOf(this.outboxes.stubs<OutboxRpc>(life.through)),
      clock: this.#clock,
      random: this.#random,
    })
  }

  #take(batch: Iterable<MessageSendRequest<Uint8Array>>): QueueSendBatchResponse {
    for (const { body } of batch) this.queue.push(body.slice(), this.nowMs)
    return {} as QueueSendBatchResponse
  }

  #outboxQueue(name: string) {
    return {
      sendBatch: async (batch: Iterable<MessageSendRequest<Uint8Array>>) => {
        const trouble = this.weather.of('queue')
        if (trouble === 'crash') this.outboxes.object(name).crash()
        if (trouble === 'refused' || trouble === 'crash') throw new Error('queue: 500')
        const answer = this.#take(batch)
        if (trouble === 'done_and_crash') this.outboxes.object(name).crash()
        if (trouble !== 'none') throw new Error('queue: no answer')
        return answer
      },
    } as unknown as Queue<Uint8Array>
  }

  /** Where owners publish: now and then it fails. */
  #store(): FeatureStore {
    const store = memoryStore({ nowMs: () => this.nowMs })
    return {
      ...store,
      refreshMs: 30_000,
      put: async (entries) => {
        if (this.weather.of('store') !== 'none') throw new Error('KV: 500')
        await store.put(entries)
      },
    }
  }

  #bucketFor(life: Life): R2Bucket {
    const { bucket, weather } = this
    return {
      ...bucket,
      put: (key: string, value: Uint8Array) =>
        life.suffer(weather.of('bucket'), () => bucket.put(key, value)),
      delete: (key: string) => life.suffer(weather.of('bucket'), () => bucket.delete(key)),
      get: (key: string) => life.through(() => bucket.get(key)),
      list: (options: R2ListOptions) => life.through(() => bucket.list(options)),
    } as unknown as R2Bucket
  }

  #handedOver(waiting: readonly Waiting[], life: Life) {
    const verdicts: Verdict[] = waiting.map(() => 'left')
    const last = this.weather.ack(waiting.length)
    let words = 0
    const say = (at: number, verdict: Verdict) => {
      if (words++ >= last) life.end()
      if (words > last) throw new Error('the process is gone')
      if (verdicts[at] === 'left') verdicts[at] = verdict
    }
    const messages = waiting.map(({ id, body, attempts }, at) => ({
      ...{ id, body, attempts, timestamp: new Date(START_MS) },
      ack: () => say(at, 'acked'),
      retry: () => say(at, 'retried'),
    }))
    return { verdicts, batch: { messages, queue: 'events' } as unknown as MessageBatch<unknown> }
  }
}
