import type { Clock } from '../core/deadline.ts'

/** What a value costs, so that all of them fit a budget. */
export interface Loaded<T> {
  readonly value: T
  readonly bytes: number
}

/** How one kind of value is loaded and how long it serves. */
export interface CacheSpec<T> {
  /** Age after which a value is asked for again, ms; up to a fifth sooner, so that isolates spread. */
  readonly refreshMs: number
  /** Age after which callers wait for a new value, ms; default 5 min. */
  readonly maxStaleMs?: number
  /**
   * Fetches the value; null: there is none (yet). May return `previous`, the value held now, where
   * nothing has changed, so that what hangs on it (indexes, say) lives on. A rejection keeps the last good.
   */
  load(key: string, previous: T | null): Promise<Loaded<T> | null>
}

/** What the cache has to say about a key. */
export interface Cached<T> {
  readonly value: T | null
  /**
   * `fresh`: asked for within `refreshMs`; `stale`: older, but within `maxStaleMs`, and being refreshed;
   * `cold`: nothing there (yet), or too old, and no answer within the wait; `failed`: the same, and the
   * last load failed.
   */
  readonly state: 'fresh' | 'stale' | 'cold' | 'failed'
  /** Time since the store was last asked with success, ms; Infinity where it never was. */
  readonly ageMs: number
  /** Why the last load failed, or null where it did not. */
  readonly error: unknown
}

/** How a caller waits. */
export interface CacheRead {
  /** The most it waits where the value is cold or too old, ms. */
  readonly waitMs: number
  /** Keeps work alive after the answer: the platform's `waitUntil`. */
  readonly waitUntil: (work: Promise<unknown>) => void
}

/**
 * What one isolate remembers: values by key under one byte budget, the least recently used leaving first.
 * A warm value is answered without waiting; a refresh goes through `waitUntil`. Only values are kept, no
 * promises: a promise dies with the request that made it and would take the others along.
 */
export interface IsolateCache {
  /** The value where no wait is needed, or null. Starts a refresh where one is due. */
  peek<T>(key: string, spec: CacheSpec<T>, waitUntil: CacheRead['waitUntil']): Cached<T> | null
  /** The value, waited for at most `waitMs` where cold or too old. Never rejects. */
  read<T>(key: string, spec: CacheSpec<T>, options: CacheRead): Promise<Cached<T>>
  /** Bytes held. */
  readonly bytes: number
}

/** What {@link isolateCache} takes. */
export interface IsolateCacheOptions {
  /** Default 32 MB. */
  readonly budgetBytes?: number
  readonly clock: Clock
  /** A number in [0, 1). */
  readonly random: () => number
}

/** See {@link IsolateCache}. */
export function isolateCache(_options: IsolateCacheOptions): IsolateCache {
  throw new Error('to come')
}
