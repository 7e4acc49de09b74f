/**
 * A place that holds small binary values by key: pages of a paged entity, records of a keyed one,
 * published model artifacts. Three methods, so that a driver is one short file.
 *
 * Promises every driver keeps (one conformance suite checks them):
 * - `get` answers in the order of `keys`; a key that holds nothing is `null`, and only that is `null`:
 *   a timeout or a failure rejects, it never looks like an absent key.
 * - Values come back byte for byte, each in a buffer of its own that starts at byte 0, so that a reader
 *   may lay a typed array over it. The store keeps no reference to what it was given or has returned.
 * - Keys are 1–512 bytes of printable ASCII. An empty list of keys or entries costs no call.
 * - Calls never outlive `timeoutMs` (default {@link DEFAULT_STORE_TIMEOUT_MS}); they reject with a `StoreError`.
 *   After a timeout of `put` or `delete` it is unknown which keys have changed.
 * - A call is tried once; whether to try again is the caller's decision.
 */
export interface FeatureStore {
  /** A short name for traces and errors, such as `kv`. */
  readonly name: string
  /** How long a reader may hold a page before it asks again, ms: what the driver's own spreading allows. */
  readonly refreshMs: number
  /** Reads up to 100 keys in one round trip where the platform can. */
  get(keys: readonly string[], options?: GetOptions): Promise<(Uint8Array<ArrayBuffer> | null)[]>
  /** Writes all entries, or rejects; entries that were written before the failure stay. */
  put(entries: readonly StoreEntry[], options?: CallOptions): Promise<void>
  /** Removes keys; an absent key is no error. */
  delete(keys: readonly string[], options?: CallOptions): Promise<void>
}

/** One value to write. */
export interface StoreEntry {
  readonly key: string
  readonly value: Uint8Array
  /**
   * Seconds until the value disappears by itself; absent: it stays, and an earlier `ttlS` of the key is
   * forgotten. A driver may round up to what its platform allows (KV: 60).
   */
  readonly ttlS?: number
}

/** What every call takes. */
export interface CallOptions {
  readonly timeoutMs?: number
}

/** What a read takes. */
export interface GetOptions extends CallOptions {
  /**
   * How long the platform's own edge cache may answer instead of the store, seconds; absent: the driver's
   * `refreshMs`. Drivers without such a cache ignore it.
   */
  readonly edgeCacheS?: number
}

/** How long a call may take when its caller does not say, ms. */
export const DEFAULT_STORE_TIMEOUT_MS = 5_000

/** A call to the store failed (`unavailable`) or took too long (`timeout`). The cause is kept. */
export class StoreError extends Error {
  override readonly name = 'StoreError'
  readonly code: 'timeout' | 'unavailable'

  constructor(code: 'timeout' | 'unavailable', message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.code = code
  }
}
