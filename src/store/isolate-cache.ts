import { type Clock, within } from '../core/deadline.ts'

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
  /** Keys remembered, with a value or without; at most 1,024. */
  readonly size: number
}

/** What {@link isolateCache} takes. */
export interface IsolateCacheOptions {
  /** Default 32 MB. */
  readonly budgetBytes?: number
  readonly clock: Clock
  /** A number in [0, 1). */
  readonly random: () => number
}

const MAX_STALE_MS = 5 * 60_000
/** A load that was not heard of for so long died with its request; another may start. */
const IN_FLIGHT_MS = 10_000
/** Cold callers look for the result of a load younger than this before they start one of their own. */
const TAKE_OVER_MS = 250
const POLL_MS = 10
const EMPTY_RETRY_MS = 1_000
const FIRST_BACKOFF_MS = 250
const LAST_BACKOFF_MS = 30_000
const MAX_ENTRIES = 1_024

interface Entry {
  value: unknown
  bytes: number
  loadedAtMs: number
  refreshAtMs: number
  /** No load before this. */
  retryAtMs: number
  failures: number
  error: unknown
  /** The last load begun; null once it has ended. */
  inFlight: { readonly load: number; readonly startedMs: number } | null
  /** The number of the load that brought `value`. */
  load: number
}

/** See {@link IsolateCache}. */
export function isolateCache({
  budgetBytes = 32 * 2 ** 20,
  clock,
  random,
}: IsolateCacheOptions): IsolateCache {
  /** Least recently used first. */
  const entries = new Map<string, Entry>()
  let held = 0
  let loads = 0

  function touched(key: string): Entry {
    const entry = entries.get(key) ?? emptyEntry()
    entries.delete(key)
    entries.set(key, entry)
    if (entries.size > MAX_ENTRIES) evict(entries.keys().next().value!)
    return entry
  }

  function evict(key: string): void {
    held -= entries.get(key)?.bytes ?? 0
    entries.delete(key)
  }

  function underWay(entry: Entry): boolean {
    return entry.inFlight !== null && clock.nowMs() - entry.inFlight.startedMs < IN_FLIGHT_MS
  }

  function answer<T>(entry: Entry, spec: CacheSpec<T>): Cached<T> {
    const { error } = entry
    const ageMs = clock.nowMs() - entry.loadedAtMs
    const state =
      ageMs <= spec.refreshMs
        ? 'fresh'
        : ageMs <= (spec.maxStaleMs ?? MAX_STALE_MS)
          ? 'stale'
          : error === null
            ? 'cold'
            : 'failed'
    return { value: entry.value as T | null, state, ageMs, error }
  }

  /** Loads and settles the entry; never rejects. */
  async function load<T>(key: string, spec: CacheSpec<T>): Promise<void> {
    const begun = { load: ++loads, startedMs: clock.nowMs() }
    const previous = touched(key)
    previous.inFlight = begun
    let settle: (entry: Entry) => void
    try {
      const loaded = await spec.load(key, previous.value as T | null)
      if (loaded !== null && loaded.bytes > budgetBytes)
        throw new RangeError(
          `${key}: ${loaded.bytes} bytes do not fit the budget of ${budgetBytes} for all that is cached`,
        )
      settle = (entry) => {
        if (loaded === null) empty(key, entry)
        else {
          keep(key, entry, spec, loaded)
          entry.load = begun.load
        }
      }
    } catch (error) {
      settle = (entry) => fail(entry, error)
    }
    const entry = touched(key)
    if (entry.inFlight === begun) entry.inFlight = null
    // Where a load begun later has already brought a value, what this one read is older.
    if (entry.load < begun.load) settle(entry)
  }

  function keep<T>(key: string, entry: Entry, spec: CacheSpec<T>, loaded: Loaded<T>): void {
    const nowMs = clock.nowMs()
    held += loaded.bytes - entry.bytes
    entry.value = loaded.value
    entry.bytes = loaded.bytes
    entry.loadedAtMs = nowMs
    entry.refreshAtMs = nowMs + spec.refreshMs * (0.8 + 0.2 * random())
    entry.retryAtMs = nowMs
    entry.failures = 0
    entry.error = null
    for (const [other, { bytes }] of entries) {
      if (held <= budgetBytes) break
      if (other !== key && bytes > 0) evict(other)
    }
  }

  function empty(key: string, entry: Entry): void {
    if (entry.value !== null) {
      fail(entry, new Error(`${key}: was there and is gone`))
      return
    }
    entry.retryAtMs = clock.nowMs() + EMPTY_RETRY_MS
    entry.failures = 0
    entry.error = null
  }

  function fail(entry: Entry, error: unknown): void {
    const backoffMs = Math.min(LAST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** entry.failures++)
    entry.retryAtMs = clock.nowMs() + backoffMs * (0.5 + 0.5 * random())
    entry.error = error ?? new Error('failed without an error')
  }

  function peek<T>(
    key: string,
    spec: CacheSpec<T>,
    waitUntil: CacheRead['waitUntil'],
  ): Cached<T> | null {
    const entry = touched(key)
    const cached = answer(entry, spec)
    const nowMs = clock.nowMs()
    if (cached.state === 'fresh' || cached.state === 'stale') {
      if (nowMs >= entry.refreshAtMs && nowMs >= entry.retryAtMs && !underWay(entry))
        waitUntil(load(key, spec))
      return cached
    }
    return nowMs < entry.retryAtMs ? cached : null
  }

  async function read<T>(
    key: string,
    spec: CacheSpec<T>,
    { waitMs, waitUntil }: CacheRead,
  ): Promise<Cached<T>> {
    const deadlineMs = clock.nowMs() + waitMs
    for (;;) {
      const cached = peek(key, spec, waitUntil)
      if (cached) return cached
      const entry = touched(key)
      const nowMs = clock.nowMs()
      const leftMs = deadlineMs - nowMs
      if (leftMs <= 0 && underWay(entry)) return answer(entry, spec)
      if (entry.inFlight === null || nowMs - entry.inFlight.startedMs >= TAKE_OVER_MS) {
        const work = load(key, spec)
        waitUntil(work)
        await within(clock, leftMs, work)
        return answer(touched(key), spec)
      }
      // A timer of this request's own: the other one's promise may never settle.
      await clock.sleep(Math.min(POLL_MS, leftMs), new AbortController().signal)
    }
  }

  return {
    peek,
    read,
    get bytes() {
      return held
    },
    get size() {
      return entries.size
    },
  }
}

function emptyEntry(): Entry {
  return {
    value: null,
    bytes: 0,
    loadedAtMs: Number.NEGATIVE_INFINITY,
    refreshAtMs: 0,
    retryAtMs: Number.NEGATIVE_INFINITY,
    failures: 0,
    error: null,
    inFlight: null,
    load: 0,
  }
}
