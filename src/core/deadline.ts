/** Time as a decision sees it; injected, so that tests own it. */
export interface Clock {
  /** Epoch ms. */
  nowMs(): number
  /** Resolves after `ms`; `signal` ends the wait early and releases the timer. */
  sleep(ms: number, signal: AbortSignal): Promise<void>
}

/** The outcome of waiting: what arrived, that time ran out, or why it failed. */
export type Waited<T> =
  | { readonly state: 'done'; readonly value: T }
  | { readonly state: 'late' }
  | { readonly state: 'failed'; readonly error: unknown }

/**
 * Waits for `work` at most `ms`. Never rejects; a late result is dropped. `ms` <= 0 only takes what is
 * already there.
 */
export async function within<T>(clock: Clock, ms: number, work: Promise<T>): Promise<Waited<T>> {
  const settled = work.then(
    (value): Waited<T> => ({ state: 'done', value }),
    (error: unknown): Waited<T> => ({ state: 'failed', error }),
  )
  const timer = new AbortController()
  const late = clock.sleep(Math.max(0, ms), timer.signal).then((): Waited<T> => ({ state: 'late' }))
  const first = await Promise.race([settled, late])
  timer.abort()
  return first
}
