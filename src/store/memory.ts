import type { FeatureStore } from './feature-store.ts'

/** What {@link memoryStore} takes. */
export interface MemoryStoreOptions {
  /** The clock that decides when a value has expired, epoch ms; default the machine's. */
  readonly nowMs?: () => number
}

/** A feature store in a Map, for tests and offline runs: never late, never down, gone with the process. */
export function memoryStore({ nowMs = Date.now }: MemoryStoreOptions = {}): FeatureStore {
  const held = new Map<string, { value: Uint8Array; expiresMs: number }>()

  function read(key: string): Uint8Array<ArrayBuffer> | null {
    const entry = held.get(key)
    if (entry === undefined) return null
    if (entry.expiresMs > nowMs()) return new Uint8Array(entry.value)
    held.delete(key)
    return null
  }

  return {
    name: 'memory',
    refreshMs: 2_000,

    async get(keys) {
      return keys.map(read)
    },

    async put(entries) {
      for (const { key, value, ttlS } of entries) {
        const expiresMs = ttlS === undefined ? Infinity : nowMs() + ttlS * 1_000
        held.set(key, { value: new Uint8Array(value), expiresMs })
      }
    },

    async delete(keys) {
      for (const key of keys) held.delete(key)
    },
  }
}
