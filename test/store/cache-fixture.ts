import {
  type Cached,
  type CacheSpec,
  isolateCache,
  type Loaded,
} from '../../src/store/isolate-cache.ts'
import { manualClock } from './manual-clock.ts'

/** A promise whose request died. */
export const never = () => new Promise<never>(() => {})

/** A source of numbers whose next answers the test decides. */
export function source(
  load: (call: number, previous: number | null) => Promise<Loaded<number> | null>,
) {
  let calls = 0
  const spec: CacheSpec<number> = {
    refreshMs: 30_000,
    load: (_, previous) => load(++calls, previous),
  }
  return { spec, calls: () => calls }
}

/** The number of the load, 100 bytes. */
export const one = async (call: number) => ({ value: call, bytes: 100 })

/** A cache whose clock, chance and background work the test holds. */
export function setup({ budgetBytes = 1_000, random = (): number => 1 } = {}) {
  const clock = manualClock()
  const cache = isolateCache({ budgetBytes, clock, random })
  const background: Promise<unknown>[] = []
  const waitUntil = (work: Promise<unknown>) => void background.push(work)
  return {
    clock,
    cache,
    background,
    peek: (spec: CacheSpec<number>, key = 'k') => cache.peek(key, spec, waitUntil),
    /** Reads and lets time pass until there is an answer; says how much passed. */
    async read(spec: CacheSpec<number>, waitMs = 800, key = 'k') {
      const startedMs = clock.nowMs()
      let answered: (Cached<number> & { waitedMs: number }) | undefined
      void cache.read(key, spec, { waitMs, waitUntil }).then((cached) => {
        answered = { ...cached, waitedMs: clock.nowMs() - startedMs }
      })
      await clock.advance(0)
      for (let ms = 0; !answered && ms < 20_000; ms++) await clock.advance(1)
      return answered!
    },
  }
}
