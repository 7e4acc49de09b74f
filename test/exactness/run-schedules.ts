import { createHash } from 'node:crypto'
import { afterAll, afterEach, beforeEach, expect, it, vi } from 'vitest'
import { play } from './schedule.ts'
import { World } from './world.ts'

/** One seed alone: `EXACTNESS_SEED=17 npx vitest run test/exactness`. */
const { EXACTNESS_SEED } = process.env
const PER_TEST = 25

/** Virtual time, and no noise of the faults: for each test of a file. */
export function simulated(): void {
  beforeEach(() => {
    vi.spyOn(Date, 'now').mockImplementation(() => World.current?.nowMs ?? 0)
    vi.spyOn(console, 'error').mockImplementation(() => {})
    // The real one answers from another thread, in an order of its own.
    vi.spyOn(crypto.subtle, 'digest').mockImplementation(async (_, data) => {
      const bytes = new Uint8Array(data as ArrayBuffer)
      return Uint8Array.from(createHash('sha256').update(bytes).digest()).buffer
    })
  })
  afterEach(() => {
    vi.restoreAllMocks()
  })
}

/** Plays the schedules of seeds from `first` on, and expects at least so many deliveries of them all. */
export function testSchedules(first: number, schedules: number, leastDeliveries: number): void {
  simulated()
  let deliveries = 0
  let played = 0

  async function expectExact(seed: number): Promise<void> {
    const { world, wrong } = await play(seed)
    deliveries += world.queue.deliveries
    world.close()
    played++
    expect(wrong, `run again with EXACTNESS_SEED=${seed}`).toEqual([])
  }

  if (EXACTNESS_SEED !== undefined) {
    it(`counts every event once in the schedule ${EXACTNESS_SEED}`, () =>
      expectExact(Number(EXACTNESS_SEED)))
    return
  }
  for (let from = first; from < first + schedules; from += PER_TEST)
    it(`counts every event once in the schedules ${from} to ${from + PER_TEST - 1}`, async () => {
      for (let seed = from; seed < from + PER_TEST; seed++) await expectExact(seed)
    }, 60_000)

  afterAll(() => {
    // Less where only some tests were asked for.
    if (played === schedules) expect(deliveries).toBeGreaterThanOrEqual(leastDeliveries)
    console.log(`${played} schedules, ${deliveries} deliveries`)
  })
}
