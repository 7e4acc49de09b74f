import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { storeCall } from '../../src/store/call.ts'
import { DEFAULT_STORE_TIMEOUT_MS, StoreError } from '../../src/store/feature-store.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

it('leaves no timer behind when the work succeeds or fails', async () => {
  expect(await storeCall('s', {}, async () => 1)).toBe(1)
  await storeCall('s', {}, () => Promise.reject(new Error('down'))).catch(() => {})
  const thrown = storeCall('s', {}, () => {
    throw new Error('at once')
  })
  await expect(thrown).rejects.toMatchObject({ code: 'unavailable' })
  expect(vi.getTimerCount()).toBe(0)
})

it('rejects after the default time when the caller names none', async () => {
  let settled = false
  const call = storeCall('s', {}, () => new Promise(() => {})).catch((error: unknown) => {
    settled = true
    return error
  })
  await vi.advanceTimersByTimeAsync(DEFAULT_STORE_TIMEOUT_MS - 1)
  expect(settled).toBe(false)
  await vi.advanceTimersByTimeAsync(1)
  expect(await call).toMatchObject({ code: 'timeout' })
})

it('tells the work to stop when nobody waits for it any more', async () => {
  let signal: AbortSignal | undefined
  const call = storeCall('s', { timeoutMs: 5 }, (given) => {
    signal = given
    return new Promise(() => {})
  }).catch(() => {})
  expect(signal?.aborted).toBe(false)
  await vi.advanceTimersByTimeAsync(5)
  await call
  expect(signal?.aborted).toBe(true)
})

it('ignores a failure that comes after the time has run out', async () => {
  const call = storeCall('s', { timeoutMs: 5 }, async () => {
    await new Promise((resolve) => setTimeout(resolve, 10))
    throw new Error('late')
  })
  const outcome = expect(call).rejects.toMatchObject({ code: 'timeout' })
  await vi.advanceTimersByTimeAsync(20)
  await outcome
})

it('names the store and keeps the cause', async () => {
  const cause = new Error('503')
  const error = await storeCall('kv', {}, () => Promise.reject(cause)).catch((e: unknown) => e)
  expect(error).toBeInstanceOf(StoreError)
  expect(error).toMatchObject({ code: 'unavailable', message: 'kv: 503', cause })
})
