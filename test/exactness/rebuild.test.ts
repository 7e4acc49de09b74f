import { describe, expect, it, vi } from 'vitest'
import { type Checkpoint, checkpointOf, rebuilt } from './rebuild.ts'
import { simulated } from './run-schedules.ts'
import { play } from './schedule.ts'

vi.mock('cloudflare:workers', () => import('./workers-module.ts'))

const SCHEDULES = 20

describe('aggregates that are built anew', () => {
  simulated()

  it('from a checkpoint and the lake, or the lake alone, are the same bytes', async () => {
    let records = 0
    for (let seed = 5_000; seed < 5_000 + SCHEDULES; seed++) {
      let half: Checkpoint | null = null
      const { world, wrong } = await play(seed, async (now) => {
        half = await checkpointOf(now.records, now.nowMs)
      })
      expect(wrong, `schedule ${seed}`).toEqual([])
      const truth = await checkpointOf(world.records, world.nowMs)
      for (const from of [half, null]) {
        const again = await rebuilt(world, from, seed)
        const found = await checkpointOf(again, world.nowMs)
        for (const [name, parts] of truth) {
          // The first part tells of counters, the others are records and keys.
          expect(found.get(name)?.slice(1), `schedule ${seed}, ${name}`).toEqual(parts.slice(1))
          records += parts.length
        }
        again.close()
      }
      world.close()
    }
    expect(records).toBeGreaterThan(SCHEDULES)
  }, 60_000)
})
