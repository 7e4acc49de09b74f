import { errors, Redis } from '@upstash/redis/cloudflare'
import { fromBase64, toBase64 } from './base64.ts'
import { storeCall } from './call.ts'
import type { CallOptions, FeatureStore, StoreEntry } from './feature-store.ts'

/** What {@link redisStore} needs: an Upstash database, or anything that speaks its REST interface. */
export interface RedisStoreOptions {
  readonly url: string
  readonly token: string
  /** `put` splits what it is given into requests of at most this many bytes; default 9 MB (Upstash: 10). */
  readonly maxRequestBytes?: number
}

const REFRESH_MS = 2_000

/**
 * A feature store on Upstash Redis over REST. One MGET per `get`, one request per 9 MB of `put`; `refreshMs`
 * is 2 s. Values are stored as base64 text (JSON carries no bytes), a third larger than they are; with
 * Upstash's 10 MB per request a value may have about 6.7 MB.
 */
export function redisStore({ url, token, maxRequestBytes = 9e6 }: RedisStoreOptions): FeatureStore {
  const name = 'redis'

  function call<T>(options: CallOptions, work: (redis: Redis) => Promise<T>): Promise<T> {
    return storeCall(name, options, (signal) =>
      work(connect(url, token, signal)).catch((error: unknown) => {
        throw withoutCommand(error)
      }),
    )
  }

  return {
    name,
    refreshMs: REFRESH_MS,

    async get(keys, options = {}) {
      if (keys.length === 0) return []
      return call(options, async (redis) => {
        const answer: unknown = await redis.mget(...keys)
        if (!Array.isArray(answer) || answer.length !== keys.length) {
          throw new Error(`MGET of ${keys.length} keys was not answered with as many values`)
        }
        return answer.map((value, at) => decode(value, keys[at]))
      })
    },

    async put(entries, options = {}) {
      if (entries.length === 0) return
      await call(options, async (redis) => {
        for (const part of inRequests(entries, maxRequestBytes)) await write(redis, part)
      })
    },

    async delete(keys, options = {}) {
      if (keys.length === 0) return
      await call(options, (redis) => redis.del(...keys))
    },
  }
}

/** A client for one call: 5 µs, and the only way to give each call a signal of its own. */
function connect(url: string, token: string, signal: AbortSignal): Redis {
  return new Redis({
    url,
    token,
    // A function: with a plain signal the SDK answers an aborted call with invented data.
    signal: () => signal,
    // `false` would still try twice.
    retry: { retries: 0 },
    // On by default: it holds a call back to join it with others, even with those of other requests.
    enableAutoPipelining: false,
    automaticDeserialization: false,
    // Values are ASCII already; `base64` would encode them a second time.
    responseEncoding: false,
    readYourWrites: false,
    enableTelemetry: false,
  })
}

function decode(value: unknown, key: string): Uint8Array<ArrayBuffer> | null {
  if (value === null) return null
  if (typeof value !== 'string') throw new Error(`the answer for ${key} is no string`)
  try {
    return fromBase64(value)
  } catch (cause) {
    throw new Error(`${key} holds a value that was not written by this store`, { cause })
  }
}

/** One MSET for what stays, one SET for each value that expires: a command is what Upstash bills. */
async function write(redis: Redis, entries: readonly StoreEntry[]): Promise<void> {
  const request = redis.pipeline()
  const lasting = entries.filter((entry) => entry.ttlS === undefined)
  if (lasting.length > 0) {
    request.mset(Object.fromEntries(lasting.map(({ key, value }) => [key, toBase64(value)])))
  }
  for (const { key, value, ttlS } of entries) {
    if (ttlS !== undefined) {
      request.set(key, toBase64(value), { ex: Math.max(1, Math.ceil(ttlS)) })
    }
  }
  await request.exec()
}

function* inRequests(entries: readonly StoreEntry[], maxBytes: number): Generator<StoreEntry[]> {
  let part: StoreEntry[] = []
  let bytes = 0
  for (const entry of entries) {
    const size = Math.ceil(entry.value.length / 3) * 4 + entry.key.length + 32
    if (part.length > 0 && bytes + size > maxBytes) {
      yield part
      part = []
      bytes = 0
    }
    part.push(entry)
    bytes += size
  }
  yield part
}

/** The SDK quotes the whole command in its message: megabytes of values, bound for a log. */
function withoutCommand(error: unknown): unknown {
  if (!(error instanceof errors.UpstashError)) return error
  return new errors.UpstashError(error.message.split(', command was: ')[0], { cause: error.cause })
}
