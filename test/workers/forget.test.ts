import { reset, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { decodeDecision } from '../../src/core/decision-codec.ts'
import { shardOf } from '../../src/core/shard.ts'
import type { Env } from '../../src/env.ts'
import { secretsOf } from '../../src/http/secrets.ts'
import { recordKey } from '../../src/store/record-value.ts'
import { PART_FORMATS } from '../../src/wheel/lake.ts'
import type { PartKind } from '../../src/wheel/lake-key.ts'
import { readPart } from '../../src/wheel/lake-parquet.ts'
import { ownerName } from '../../src/wheel/record-owners.ts'
import { films, keysBelow, testWorker } from './wheel-fixture.ts'

const { LAKE, FEATURES, FORGET, RECORDS } = env as unknown as Env

const forgetter = () => FORGET.getByName('forget')
const ownerOf = (pseudonym: string) => RECORDS.getByName(ownerName('user', shardOf(pseudonym, 4)))

interface Decided {
  readonly items: { readonly id: string }[]
  readonly receipt: string
}
interface Run {
  readonly state: string
  readonly progress: number
  readonly report?: { lake: { state: string; rewritten?: number } }
}

beforeEach(async () => {
  vi.spyOn(console, 'error').mockImplementation(() => {})
  await holdAlarms()
})
afterEach(async () => {
  vi.restoreAllMocks()
  await reset()
})

/** Alarms run when a test says so. */
async function holdAlarms(): Promise<void> {
  const hourMs = 3_600_000
  const prototype: DurableObjectStorage = await runInDurableObject(forgetter(), (_, { storage }) =>
    Object.getPrototypeOf(storage),
  )
  const { setAlarm, getAlarm } = prototype
  vi.spyOn(prototype, 'setAlarm').mockImplementation(function (this: DurableObjectStorage, at) {
    return setAlarm.call(this, Number(at) + hourMs)
  })
  vi.spyOn(prototype, 'getAlarm').mockImplementation(async function (this: DurableObjectStorage) {
    const at = await getAlarm.call(this)
    return at && at - hourMs
  })
}

/** Rows of all parts of a kind, some columns as text. */
async function rowsOf(kind: PartKind) {
  const rows = []
  for (const key of await keysBelow(`events/kind=${kind}/`)) {
    const object = await LAKE.get(key)
    rows.push(...(await readPart(PART_FORMATS[kind], new Uint8Array(await object!.arrayBuffer()))))
  }
  return rows
}

/** Whether the bytes of any object of the lake hold a text, once parts are decoded. */
async function lakeHolds(text: string): Promise<boolean> {
  const kinds = ['decision', 'outcome', 'entity'] as const
  const rows = (await Promise.all(kinds.map(rowsOf))).flat()
  const latin1 = new TextDecoder('latin1')
  return rows.some((row) =>
    Object.values(row).some((value) =>
      (value instanceof Uint8Array ? latin1.decode(value) : JSON.stringify(value)).includes(text),
    ),
  )
}

/** A user with a record, a decision and a click, all of it in the lake and published. */
async function someone(id = 'u_42') {
  const worker = testWorker()
  const { send, sent, deliver, settings } = worker
  const pseudonym = secretsOf(settings).pseudonym(id)
  await send('PUT', '/v1/entities/item', { records: films })
  await send('POST', '/v1/imports/item', { state: 'done' })
  await send('PUT', '/v1/entities/user', {
    records: [{ id, attributes: { batch_seen: ['1'] } }],
  })
  const decide = async () =>
    (await (
      await send('POST', '/v1/decide/movies-home', { user: { id }, limit: 5 })
    ).json()) as Decided
  const click = async (eventId: string, { items, receipt }: Decided) =>
    send('POST', '/v1/events', {
      events: [{ id: eventId, type: 'click', item: items[0].id, receipt, user: id }],
    })
  const drain = async () => {
    const bodies = sent.splice(0)
    for (let at = 0; at < bodies.length; at += 100)
      expect((await deliver(bodies.slice(at, at + 100))).retried).toEqual([])
  }
  const decided = await decide()
  await click('e1', decided)
  await drain()
  await ownerOf(pseudonym).flush('user')
  const runOf = async (run: string) => (await (await send('GET', `/v1/runs/${run}`)).json()) as Run
  const clicksOf = async (item: string) => {
    const record = (await (await send('GET', `/v1/entities/item/${item}`)).json()) as {
      fields: Record<string, { value: number }>
    }
    return record.fields.clicks_7d.value
  }
  const userStatus = async () => (await send('GET', `/v1/entities/user/${id}`)).status
  const kvKey = recordKey('user', pseudonym)
  return {
    ...{
      ...worker,
      id,
      pseudonym,
      decided,
      decide,
      click,
      drain,
      runOf,
      clicksOf,
      userStatus,
      kvKey,
    },
  }
}

/** Runs alarms of the forgetting object until a run says something. */
async function until(check: () => Promise<boolean>): Promise<number> {
  for (let alarms = 1; alarms <= 40; alarms++) {
    await runDurableObjectAlarm(forgetter())
    if (await check()) return alarms
    await scheduler.wait(200)
  }
  throw new Error('it never came')
}

describe('forgetting somebody', () => {
  it('removes records, published values and rows of the lake, and leaves what items counted', async () => {
    const { send, runOf, clicksOf, userStatus, kvKey, pseudonym, decided, id } = await someone()
    const item = decided.items[0].id
    expect(await FEATURES.get(kvKey)).not.toBeNull()
    expect(await lakeHolds(pseudonym)).toBe(true)
    const before = await rowsOf('decision')
    const answer = await send('DELETE', `/v1/users/${id}`, { now: true })
    expect(answer.status).toBe(202)
    const { run } = (await answer.json()) as { run: string }
    expect(await runOf(run)).toEqual({ state: 'running', progress: 0 })
    await until(async () => (await runOf(run)).report?.lake.state === 'rewritten')
    expect(await runOf(run)).toMatchObject({ state: 'done', progress: 1 })
    expect(await userStatus()).toBe(404)
    expect(await FEATURES.get(kvKey)).toBeNull()
    expect(await lakeHolds(pseudonym)).toBe(false)
    expect(await clicksOf(item)).toBe(1)
    const [decision] = await rowsOf('decision')
    expect({ ...decision, record: 0, request: 0, user_id: 0 }).toEqual({
      ...{ ...before[0], record: 0, request: 0, user_id: 0 },
    })
    const [old, left] = [before[0], decision].map((row) => decodeDecision(row.record as Uint8Array))
    expect({ ...left, request: 0 }).toEqual({ ...old, request: 0 })
    expect(await rowsOf('outcome')).toMatchObject([
      { event_id: 'e1', user_id: null, item_id: item },
    ])
  })

  it('keeps the lake for its day, which the cron trigger brings', async () => {
    const { send, runOf, pseudonym, id } = await someone()
    const { run } = (await (await send('POST', '/v1/users/forget', { id })).json()) as {
      run: string
    }
    await until(async () => (await runOf(run)).state === 'done')
    expect((await runOf(run)).report?.lake).toEqual({ state: 'waiting' })
    expect(await lakeHolds(pseudonym)).toBe(true)
    await forgetter().passThroughLake()
    await until(async () => (await runOf(run)).report?.lake.state === 'rewritten')
    expect(await lakeHolds(pseudonym)).toBe(false)
  })

  it('drops what is sent from then on, and counts for items what was accepted before', async () => {
    const { send, sent, drain, decided, decide, click, clicksOf, userStatus, pseudonym, id } =
      await someone()
    const item = decided.items[0].id
    const other = await decide()
    await click('before', other)
    await send('POST', '/v1/users/forget', { id })
    await click('after', { ...other, items: [other.items[1]] })
    const late = await decide()
    expect(sent.length).toBeGreaterThan(2)
    await drain()
    expect(await clicksOf(other.items[0].id)).toBe(other.items[0].id === item ? 2 : 1)
    const outcomes = await rowsOf('outcome')
    expect(outcomes.map(({ event_id }) => event_id).sort()).toEqual(['before', 'e1'])
    expect(outcomes.find(({ event_id }) => event_id === 'before')?.user_id).toBeNull()
    expect(late.items.length).toBe(5)
    const decisions = await rowsOf('decision')
    expect(decisions.map(({ user_id }) => user_id).filter((user) => user !== null)).toEqual([
      pseudonym,
    ])
    await until(async () => (await userStatus()) === 404)
  })

  it('knows who is put again, whose past stays forgotten', async () => {
    const { send, drain, decide, click, userStatus, runOf, pseudonym, id } = await someone()
    const { run } = (await (await send('POST', '/v1/users/forget', { id, now: true })).json()) as {
      run: string
    }
    // At once, before anything was removed.
    const attributes = { batch_rating_count: 3 }
    await send('PUT', '/v1/entities/user', { records: [{ id, attributes }] })
    await until(async () => (await runOf(run)).report?.lake.state === 'rewritten')
    expect(await lakeHolds(pseudonym)).toBe(false)
    const record = (await (await send('GET', `/v1/entities/user/${id}`)).json()) as {
      fields: Record<string, { value: unknown }>
    }
    expect(record.fields.batch_rating_count.value).toBe(3)
    expect(record.fields.batch_seen).toBeUndefined()
    expect(record.fields.clicks_7d.value).toBe(0)
    await click('again', await decide())
    await drain()
    expect(await userStatus()).toBe(200)
    const users = (await rowsOf('outcome')).map(({ event_id, user_id }) => [event_id, user_id])
    expect(users).toContainEqual(['again', pseudonym])
    expect(users).toContainEqual(['e1', null])
  })

  it('ends whatever breaks on the way, and wherever', async () => {
    const { send, runOf, pseudonym, kvKey, userStatus, id } = await someone()
    const { run } = (await (await send('DELETE', `/v1/users/${id}`, { now: true })).json()) as {
      run: string
    }
    /** Every call of a method fails the first time that it is made with the same key. */
    const flaky = <T extends object>(target: T, method: keyof T & string) => {
      const prototype = Object.getPrototypeOf(target) as Record<
        string,
        (...given: unknown[]) => unknown
      >
      const real = prototype[method]
      const failed = new Set<string>()
      vi.spyOn(prototype, method).mockImplementation(async function (this: T, ...given) {
        const key = JSON.stringify(given[0])
        if (!failed.has(key)) {
          failed.add(key)
          throw new Error(`${method}: 500`)
        }
        return real.apply(this, given)
      })
      return failed
    }
    const calls = [
      flaky(FEATURES, 'delete'),
      flaky(LAKE, 'list'),
      flaky(LAKE, 'get'),
      flaky(LAKE, 'put'),
      flaky(LAKE, 'delete'),
    ]
    await until(async () => (await runOf(run)).report?.lake.state === 'rewritten')
    expect(calls.every(({ size }) => size > 0)).toBe(true)
    vi.restoreAllMocks()
    expect(await userStatus()).toBe(404)
    expect(await FEATURES.get(kvKey)).toBeNull()
    expect(await lakeHolds(pseudonym)).toBe(false)
  })

  it('takes back what a redrive would send', async () => {
    const { send, sent, deliver, decide, click, pseudonym, runOf, id } = await someone()
    await click('dead', await decide())
    await deliver(sent.splice(0), { queue: 'edgewheel-events-dead' })
    const { run } = (await (await send('DELETE', `/v1/users/${id}`, { now: true })).json()) as {
      run: string
    }
    await until(async () => (await runOf(run)).report?.lake.state === 'rewritten')
    expect(await send('POST', '/v1/redrive', {}).then((one) => one.json())).toMatchObject({
      messages: 2,
    })
    const latin1 = new TextDecoder('latin1')
    expect(sent.map((body) => latin1.decode(body)).join()).not.toContain(pseudonym)
  })
})

describe('runs', () => {
  it('that nobody began are not found', async () => {
    const { send } = testWorker()
    expect((await send('GET', '/v1/runs/nothing')).status).toBe(404)
  })
})
