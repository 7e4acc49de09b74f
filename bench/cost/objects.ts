import { meter } from './meter.ts'
import type { Timeline } from './timeline.ts'

/** An object's memory, GB. */
const MEMORY_GB = 0.128
/** What a call and an alarm wait for the network, at least: KV writes and calls of far-away places, s. */
const CALL_S = 0.02
const ALARM_S = 0.5

/** What a metered class answers to beside its own methods. */
interface Ringing {
  ring(): Promise<void>
}

type ObjectClass = new (ctx: DurableObjectState, env: never) => object

const cursors: { readonly kind: string; readonly cursor: SqlStorageCursor<never> }[] = []
const kinds = new WeakMap<SqlStorage, string>()
let patched = false

/** Counts the rows of statements that have been run to their end. */
export function countRows(): void {
  for (const { kind, cursor } of cursors) {
    meter.add('rowRead', kind, cursor.rowsRead)
    meter.add('rowWritten', kind, cursor.rowsWritten)
  }
  cursors.length = 0
}

/**
 * A class of objects whose rows, in SQLite's own counters, and alarms are counted, and which takes bindings
 * and time from the simulation.
 */
export function meteredClass<Base extends ObjectClass>(
  base: Base,
  kind: string,
  world: { readonly bindings: () => unknown; readonly time: () => Timeline; readonly call: Call },
): Base {
  return class extends (base as ObjectClass) {
    constructor(ctx: DurableObjectState, _env: never) {
      watchRows(ctx.storage.sql, kind)
      watchAlarms(ctx, kind, world)
      super(ctx, world.bindings() as never)
    }

    /** What the platform does when an alarm is due. */
    async ring(): Promise<void> {
      await (this as unknown as { alarm(): Promise<void> }).alarm()
    }
  } as unknown as Base
}

/** How the simulation calls an object: its class, its name. */
export type Call = (kind: string, name: string) => Ringing

function watchRows(sql: SqlStorage, kind: string): void {
  kinds.set(sql, kind)
  if (patched) return
  patched = true
  const prototype = Object.getPrototypeOf(sql) as SqlStorage
  const { exec } = prototype
  prototype.exec = function (this: SqlStorage, statement: string, ...bound: never[]) {
    const cursor = exec.call(this, statement, ...bound)
    const verb = /^\s*(?:INSERT(?: OR \w+)? INTO|UPDATE|DELETE FROM|SELECT .*? FROM) (\w+)/s.exec(
      statement,
    )
    const of = `${kinds.get(this) ?? 'unknown'} ${verb?.[1] ?? 'schema'}`
    cursors.push({ kind: of, cursor: cursor as SqlStorageCursor<never> })
    return cursor
  } as SqlStorage['exec']
}

/** Alarms that ring in simulated time. */
function watchAlarms(
  { storage, id }: DurableObjectState,
  kind: string,
  { time, call }: { readonly time: () => Timeline; readonly call: Call },
): void {
  const name = id.name ?? ''
  let set: { readonly atMs: number; readonly cancel: () => void } | null = null
  const own = {
    getAlarm: async () => set?.atMs ?? null,
    setAlarm: async (at: number | Date) => {
      meter.add('rowWritten', `${kind} alarm`)
      set?.cancel()
      const cancel = time().at(Number(at), async () => {
        set = null
        meter.add('objectRequest', `${kind} alarm`)
        meter.add('objectGbS', kind, ALARM_S * MEMORY_GB)
        await call(kind, name).ring()
      })
      set = { atMs: Number(at), cancel }
    },
    deleteAlarm: async () => {
      set?.cancel()
      set = null
    },
  }
  for (const [method, value] of Object.entries(own))
    Object.defineProperty(storage, method, { value, configurable: true })
}

/** A namespace whose calls are counted. */
export function meteredNamespace(
  real: DurableObjectNamespace,
  kind: string,
): DurableObjectNamespace {
  const stubOf = (name: string) => {
    const stub = real.getByName(name) as unknown as Record<string, (...given: unknown[]) => unknown>
    return new Proxy(stub, {
      get:
        (_, method) =>
        async (...given: unknown[]) => {
          meter.add('objectRequest', kind)
          meter.add('objectGbS', kind, CALL_S * MEMORY_GB)
          return stub[String(method)](...given)
        },
    })
  }
  return { getByName: stubOf } as unknown as DurableObjectNamespace
}
