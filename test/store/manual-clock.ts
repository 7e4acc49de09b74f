import { setImmediate } from 'node:timers/promises'
import type { Clock } from '../../src/core/deadline.ts'

/** A clock that stands still until the test moves it. */
export interface ManualClock extends Clock {
  /** Lets `ms` pass; whatever falls due on the way runs at its time. */
  advance(ms: number): Promise<void>
}

/** See {@link ManualClock}; starts at 1,000,000. */
export function manualClock(): ManualClock {
  let now = 1_000_000
  let sleepers: { atMs: number; wake: () => void }[] = []
  return {
    nowMs: () => now,
    sleep: (ms, signal) =>
      new Promise((wake) => {
        const sleeper = { atMs: now + ms, wake }
        sleepers.push(sleeper)
        signal.addEventListener('abort', () => {
          sleepers = sleepers.filter((other) => other !== sleeper)
        })
      }),
    async advance(ms) {
      const end = now + ms
      for (;;) {
        await setImmediate()
        const next = sleepers.sort((a, b) => a.atMs - b.atMs)[0]
        if (!next || next.atMs > end) break
        now = next.atMs
        sleepers.shift()
        next.wake()
      }
      now = end
    },
  }
}
