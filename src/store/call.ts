import { type CallOptions, DEFAULT_STORE_TIMEOUT_MS, StoreError } from './feature-store.ts'

/**
 * Runs one call of a driver: settles within `timeoutMs`, rejects with nothing but a `StoreError`, and
 * leaves no timer behind. `signal` aborts as soon as the call has settled, so that work nobody waits for
 * any more can stop.
 */
export async function storeCall<T>(
  store: string,
  { timeoutMs = DEFAULT_STORE_TIMEOUT_MS }: CallOptions,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController()
  const { promise: late, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(
    () => reject(new StoreError('timeout', `${store}: no answer within ${timeoutMs} ms`)),
    timeoutMs,
  )
  try {
    // A race, not the signal alone: KV takes no signal, and a `fetch` may be slow to obey one.
    return await Promise.race([work(controller.signal), late])
  } catch (cause) {
    if (cause instanceof StoreError) throw cause
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new StoreError('unavailable', `${store}: ${reason}`, { cause })
  } finally {
    clearTimeout(timer)
    controller.abort()
  }
}
