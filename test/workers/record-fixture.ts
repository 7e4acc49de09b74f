import { reset, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, vi } from 'vitest'
import type { Entity } from '../../src/core/entity.ts'
import type { FieldValue } from '../../src/core/field.ts'
import type { Table } from '../../src/core/table.ts'
import { isolateCache } from '../../src/store/isolate-cache.ts'
import { kvStore } from '../../src/store/kv.ts'
import { tableCache } from '../../src/store/tables.ts'
import { ownerName, recordOwners } from '../../src/wheel/record-owners.ts'
import type { RecordsRpc } from '../../src/wheel/records.ts'
import { Item, User } from '../../stages/entities.ts'

/** The bindings of wrangler.toml that records use. */
export const { RECORDS, FEATURES } = env as unknown as {
  RECORDS: DurableObjectNamespace<RecordsRpc>
  FEATURES: KVNamespace
}

const entities = [Item, User] as unknown as Entity[]
const item = entities[0]
/** Where owners publish. */
export const store = kvStore({ namespace: FEATURES })
/** The client under test. */
export const owners = recordOwners(RECORDS, entities)
/** The one object that owns all films. */
export const items = () => RECORDS.getByName(ownerName('item', 0))
/** A row of an upsert. */
export const row = (
  id: string,
  attributes: Record<string, FieldValue | null>,
  updatedAtMs = 1_000,
) => ({
  id,
  attributes,
  updatedAtMs,
})

/** Each test of a file begins with empty bindings and with alarms that only it runs. */
export function isolateTests(): void {
  beforeEach(async () => {
    vi.spyOn(console, 'error').mockImplementation(() => {})
    await holdAlarms()
  })
  afterEach(async () => {
    vi.restoreAllMocks()
    await reset()
  })
}

/** Alarms run when a test says so, not when a slow machine has let 250 ms pass: the platform's come an hour late. */
async function holdAlarms(): Promise<void> {
  const hourMs = 3_600_000
  const prototype: DurableObjectStorage = await runInDurableObject(items(), (_, { storage }) =>
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

/** The keys of every `put` or `delete` of KV from now on; `answer` may delay or fail them. */
export function watched(
  method: 'put' | 'delete',
  answer: (call: number) => unknown = () => {},
): string[] {
  const prototype = Object.getPrototypeOf(FEATURES) as KVNamespace
  const real = prototype[method] as (this: KVNamespace, ...given: unknown[]) => Promise<void>
  const keys: string[] = []
  vi.spyOn(prototype, method).mockImplementation(async function (this: KVNamespace, ...given) {
    keys.push(given[0] as string)
    await answer(keys.length)
    return real.apply(this, given)
  } as KVNamespace['put'])
  return keys
}

/** The table a fresh isolate would serve. */
export async function served(entity: Entity = item): Promise<Table | null> {
  const clock = { nowMs: Date.now, sleep: (ms: number) => scheduler.wait(ms) }
  const cache = isolateCache({ clock, random: Math.random })
  const { value } = await tableCache({ store, cache }).read(entity, {
    waitMs: 1_000,
    waitUntil: () => {},
  })
  return value
}

/** When an object's alarm is due, epoch ms; null: it has none. */
export const alarmOf = (stub: DurableObjectStub<RecordsRpc>) =>
  runInDurableObject(stub, (_, { storage }) => storage.getAlarm())
