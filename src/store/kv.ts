import { storeCall } from './call.ts'
import type { FeatureStore } from './feature-store.ts'

/** What {@link kvStore} needs. */
export interface KvStoreOptions {
  readonly namespace: Pick<KVNamespace, 'get' | 'put' | 'delete'>
}

const REFRESH_MS = 30_000
const MIN_CACHE_S = 30
const MIN_TTL_S = 60
const MAX_CONNECTIONS = 6

/**
 * A feature store on Workers KV. Writes reach other places within about a minute; `refreshMs` is 30 s.
 * One KV operation per key, because KV's bulk read does not return bytes.
 */
export function kvStore({ namespace }: KvStoreOptions): FeatureStore {
  const name = 'kv'
  return {
    name,
    refreshMs: REFRESH_MS,

    get: (keys, options = {}) =>
      storeCall(name, options, (signal) => {
        const cacheTtl = Math.max(MIN_CACHE_S, Math.ceil(options.edgeCacheS ?? REFRESH_MS / 1_000))
        return eachOf(keys, signal, async (key) => {
          const value = await namespace.get(key, { type: 'arrayBuffer', cacheTtl })
          return value && new Uint8Array(value)
        })
      }),

    put: (entries, options = {}) =>
      storeCall(name, options, async (signal) => {
        await eachOf(entries, signal, ({ key, value, ttlS }) =>
          namespace.put(
            key,
            value,
            ttlS === undefined ? {} : { expirationTtl: Math.max(MIN_TTL_S, Math.ceil(ttlS)) },
          ),
        )
      }),

    delete: (keys, options = {}) =>
      storeCall(name, options, async (signal) => {
        await eachOf(keys, signal, (key) => namespace.delete(key))
      }),
  }
}

/**
 * Answers in the order of `items`, at most {@link MAX_CONNECTIONS} at once: the runtime opens no more per
 * request, and what waits for one is better not started when the call has already failed.
 */
async function eachOf<T, R>(
  items: readonly T[],
  signal: AbortSignal,
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const answers = new Array<R>(items.length)
  let next = 0
  const lane = async () => {
    while (next < items.length && !signal.aborted) {
      const at = next++
      answers[at] = await work(items[at])
    }
  }
  await Promise.all(Array.from({ length: Math.min(MAX_CONNECTIONS, items.length) }, lane))
  return answers
}
