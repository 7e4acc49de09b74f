import { describe, expect, it } from 'vitest'
import { within } from '../../src/core/deadline.ts'
import { virtualClock } from '../fixtures/clock.ts'

const never = new Promise<never>(() => {})

describe('within', () => {
  it('gives what arrives in time, and leaves no timer behind', async () => {
    const clock = virtualClock()
    const startMs = clock.nowMs()
    const work = clock.sleep(99, new AbortController().signal).then(() => 'here')
    expect(await within(clock, 100, work)).toEqual({ state: 'done', value: 'here' })
    expect(clock.nowMs() - startMs).toBe(99)
    expect(clock.pending).toBe(0)
  })

  it('says late at the deadline and waits no longer', async () => {
    const clock = virtualClock()
    const startMs = clock.nowMs()
    expect(await within(clock, 100, never)).toEqual({ state: 'late' })
    expect(clock.nowMs() - startMs).toBe(100)
  })

  it('turns a rejection into a value', async () => {
    const error = new Error('down')
    expect(await within(virtualClock(), 100, Promise.reject(error))).toEqual({
      state: 'failed',
      error,
    })
  })

  it('takes only what is already there where no time is left', async () => {
    const clock = virtualClock()
    expect(await within(clock, 0, Promise.resolve(1))).toEqual({ state: 'done', value: 1 })
    expect(await within(clock, -5, Promise.resolve(1))).toEqual({ state: 'done', value: 1 })
    expect(await within(clock, -5, never)).toEqual({ state: 'late' })
  })

  it('swallows a failure that comes too late', async () => {
    const clock = virtualClock()
    const late = clock
      .sleep(200, new AbortController().signal)
      .then(() => Promise.reject(new Error('too late')))
    expect(await within(clock, 100, late)).toEqual({ state: 'late' })
    await clock.sleep(300, new AbortController().signal)
  })
})
