import {
  evictDurableObject,
  reset,
  runDurableObjectAlarm,
  runInDurableObject,
} from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Env } from '../../src/env.ts'
import { outboxClass, outboxesOf, outboxNames } from '../../src/wheel/outbox.ts'

const { OUTBOX, EVENTS } = env as unknown as Env
const [name] = outboxNames()
const object = () => OUTBOX.getByName(name)
const [outbox] = outboxesOf(OUTBOX)
const message = (fill: number, length = 10) => new Uint8Array(length).fill(fill)

/** What the queue takes from now on, message by message; `answer` may fail a call. */
function queue(answer: (call: number) => unknown = () => {}): number[] {
  const taken: number[] = []
  let calls = 0
  vi.spyOn(Object.getPrototypeOf(EVENTS), 'sendBatch').mockImplementation((async (
    batch: readonly MessageSendRequest<Uint8Array>[],
  ) => {
    await answer(++calls)
    for (const { body, contentType } of batch) {
      expect(contentType).toBe('bytes')
      taken.push(body[0])
    }
  }) as never)
  return taken
}

const down = () => {
  throw new Error('queue: 500')
}

const alarmInMs = () =>
  runInDurableObject(object(), async (_, { storage }) => {
    const at = await storage.getAlarm()
    return at === null ? null : at - Date.now()
  })

beforeEach(() => {
  vi.spyOn(console, 'error').mockImplementation(() => {})
})
afterEach(async () => {
  vi.restoreAllMocks()
  await reset()
})

describe('an outbox', () => {
  it('sends what it keeps in order, and is empty then', async () => {
    const taken = queue()
    expect(await outbox.put([message(1), message(2)], 0)).toBe(true)
    expect(await outbox.put([message(3)], 0)).toBe(true)
    expect(await object().state()).toMatchObject({ messages: 3, bytes: 30, lost: 0 })
    expect(await alarmInMs()).toBeLessThanOrEqual(1_000)
    expect(await runDurableObjectAlarm(object())).toBe(true)
    expect(taken).toEqual([1, 2, 3])
    expect(await object().state()).toEqual({ messages: 0, bytes: 0, lost: 0, oldestMs: null })
    expect(await alarmInMs()).toBe(null)
  })

  it('keeps its messages when it is evicted', async () => {
    const taken = queue()
    await outbox.put([message(1, 50_000), message(2)], 4)
    await evictDurableObject(object())
    expect(await object().state()).toMatchObject({ messages: 2, bytes: 50_010, lost: 4 })
    await runDurableObjectAlarm(object())
    expect(taken).toEqual([1, 2])
  })

  it('tries again for longer than the platform retries an alarm, less and less often', async () => {
    let isDown = true
    const taken = queue(() => isDown && down())
    await outbox.put([message(1)], 0)
    const waits: number[] = []
    for (let attempt = 0; attempt < 12; attempt++) {
      expect(await runDurableObjectAlarm(object())).toBe(true)
      waits.push((await alarmInMs()) as number)
    }
    expect(waits.every((wait, i) => i === 0 || wait > waits[i - 1] - 100)).toBe(true)
    expect(waits.at(-1)).toBeGreaterThan(59_000)
    expect(await object().state()).toMatchObject({ messages: 1 })
    isDown = false
    await runDurableObjectAlarm(object())
    expect(taken).toEqual([1])
    expect((await object().state()).messages).toBe(0)
  })

  it('forgets what was sent, and only that, where the queue fails half-way', async () => {
    const taken = queue((call) => call === 2 && down())
    await outbox.put(
      Array.from({ length: 7 }, (_, i) => message(i, 100_000)),
      0,
    )
    await runDurableObjectAlarm(object())
    expect(taken).toEqual([0, 1])
    expect(await object().state()).toMatchObject({ messages: 5, bytes: 500_000 })
    await runDurableObjectAlarm(object())
    expect(taken).toEqual([0, 1, 2, 3, 4, 5, 6])
  })

  it('keeps what comes while it sends', async () => {
    const taken = queue(async (call) => {
      if (call === 1) await outbox.put([message(9)], 0)
    })
    await outbox.put([message(1)], 0)
    await runDurableObjectAlarm(object())
    expect(taken).toEqual([1, 9])
  })

  it('refuses what it has no room for, and counts what was lost all the same', async () => {
    queue()
    const Small = outboxClass<Env>({ queueOf: ({ EVENTS: queue }) => queue, maxBytes: 1_000 })
    const results = await runInDurableObject(object(), async (_, state) => {
      const small = new Small(state, env as unknown as Env)
      return [
        await small.put([message(1, 600)], 0),
        await small.put([message(2, 600)], 3),
        await small.put([message(3, 400)], 0),
        await small.state(),
      ]
    })
    expect(results.slice(0, 3)).toEqual([true, false, true])
    expect(results[3]).toMatchObject({ messages: 2, bytes: 1_000, lost: 3 })
  })
})
