import { abortAllDurableObjects, evictDurableObject, reset } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Entity } from '../../src/core/entity.ts'
import type { OutcomeEvent } from '../../src/core/event-envelope.ts'
import { mulberry32 } from '../../src/core/mulberry32.ts'
import { shardOf } from '../../src/core/shard.ts'
import type { Env } from '../../src/env.ts'
import { outcomeMessages } from '../../src/wheel/message.ts'
import { ownerName, recordOwners } from '../../src/wheel/record-owners.ts'
import { Item, User } from '../../stages/entities.ts'
import { chance, historyOf } from '../exactness/history.ts'
import { expectedRecords, wrongWith } from '../exactness/oracle.ts'
import { SimulatedQueue, type Verdict } from '../exactness/queue.ts'
import { testWorker } from './wheel-fixture.ts'

const SCHEDULES = 40
const PER_TEST = 10
const ENTITIES = [Item, User] as unknown as readonly Entity[]
const { RECORDS, LAKE } = env as unknown as Env

beforeEach(() => {
  vi.spyOn(console, 'error').mockImplementation(() => {})
})
afterEach(async () => {
  vi.restoreAllMocks()
  await reset()
})

// Not yet seen to pass: skipped until it has been.
describe.skip('in the Workers runtime', () => {
  for (let from = 0; from < SCHEDULES; from += PER_TEST)
    it(`the schedules ${from} to ${from + PER_TEST - 1} count every event once`, async () => {
      for (let seed = from; seed < from + PER_TEST; seed++) {
        expect(await play(seed), `schedule ${seed}`).toEqual([])
        await reset()
      }
    }, 60_000)
})

/** Delivers the history of a seed through faults until nothing waits; what is wrong then, in words. */
async function play(seed: number): Promise<string[]> {
  const random = mulberry32(seed)
  const { is, below } = chance(random)
  const { deliver } = testWorker()
  let isClear = false
  const startMs = Date.now()
  const history = historyOf(seed, 30 + below(50), startMs)
  const queue = new SimulatedQueue(random, () => (isClear ? 0 : 0.5))
  let nowMs = 0
  for (const events of history.requests)
    for (const { bytes } of outcomeMessages(stamped(events, startMs))) queue.push(bytes, nowMs)
  for (let round = 0; round < 60 && queue.waiting.length > 0; round++) {
    isClear = round > 6
    nowMs += 61_000
    const batch = queue.batch(nowMs, 60)
    if (batch.length === 0) continue
    const trouble = () => !isClear && is(0.2)
    const attempts = Math.max(...batch.map((message) => message.attempts))
    const bodies = batch.map(({ body }) => body)
    const over = { LAKE: shaky(LAKE, 'put', trouble), RECORDS: shakyObjects(trouble) }
    const delivery = deliver(bodies, { attempts, over })
    if (trouble()) await abortAllDurableObjects()
    const { acked } = await delivery
    const heard = !trouble()
    const verdicts = batch.map((_, at): Verdict => (heard && acked.includes(at) ? 'acked' : 'left'))
    queue.settle(batch, verdicts, nowMs)
    // What was given up on is sent again; an object that nobody woke cannot be evicted.
    queue.waiting.push(...queue.dead.splice(0))
    if (trouble()) await evictDurableObject(RECORDS.getByName(ownerName('item', 0))).catch(() => {})
  }
  if (queue.waiting.length > 0) return ['messages wait']
  const wrong: string[] = []
  const owners = recordOwners(RECORDS, ENTITIES)
  for (const expected of expectedRecords(ENTITIES, history.facts)) {
    const { entity, id } = expected
    const record = await owners.read(entity.name, id)
    const problem = wrongWith(expected, record, Date.now())
    if (problem) wrong.push(`${problem} (shard ${shardOf(id, entity.shards)})`)
  }
  return wrong
}

const stamped = (events: readonly OutcomeEvent[], receivedMs: number) =>
  events.map((event) => ({ ...event, receivedMs }))

/** One method fails now and then, with or without having done its work. */
function shaky<T extends object>(target: T, method: string, fails: () => boolean): T {
  return new Proxy(target, {
    get(_, name) {
      const value = Reflect.get(target, name)
      if (typeof value !== 'function') return value
      if (name !== method) return value.bind(target)
      return async (...given: unknown[]) => {
        if (fails()) throw new Error('500')
        const answer = await value.apply(target, given)
        if (fails()) throw new Error('no answer')
        return answer
      }
    },
  })
}

function shakyObjects(fails: () => boolean): Env['RECORDS'] {
  return new Proxy(RECORDS, {
    get(target, name) {
      const value = Reflect.get(target, name)
      if (name !== 'getByName') return typeof value === 'function' ? value.bind(target) : value
      return (object: string) => {
        const stub = target.getByName(object)
        const apply: typeof stub.apply = (entity, changes) => stub.apply(entity, changes)
        return shaky({ apply }, 'apply', fails)
      }
    },
  })
}
