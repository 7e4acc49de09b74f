import { mulberry32 } from '../../src/core/mulberry32.ts'
import { meter } from './meter.ts'
import type { ConsumerSettings, Simulation } from './simulation.ts'

/** What is simulated. */
export interface Scenario extends ConsumerSettings {
  /** Decisions a second, evenly. */
  readonly rate: number
  /** Decisions that are counted; some more come before. */
  readonly decisions: number
  /** An impression event for each decision, or none. */
  readonly impressions: boolean
  /** Known users who ask, each as often as the others. */
  readonly users: readonly string[]
  readonly slots: number
  readonly key: string
  /** So long traffic runs before it is counted; the last outcome comes so long after its decision. */
  readonly warmMs: number
}

/** What was counted, while so many decisions were made. */
export interface Counted {
  readonly decisions: number
  readonly outcomes: number
  readonly seconds: number
  /** By `unit what`. */
  readonly counts: Readonly<Record<string, number>>
  /** What the lake grew by. */
  readonly lakeBytes: number
}

/** Every 20th decision has an outcome: 50 of 1,000. Of ten, one is a rating, and one waves away. */
const OUTCOME_EVERY = 20
const OUTCOMES = [
  { type: 'rate', value: 4.5 },
  { type: 'dismiss' },
  ...Array.from({ length: 8 }, () => ({ type: 'click' })),
]
const SEEN_AFTER_MS = 1_500
const FIRST_OUTCOME_MS = 2_000

/** Lets traffic run, and answers what it cost in a steady state. */
export async function traffic(world: Simulation, scenario: Scenario): Promise<Counted> {
  const { rate, decisions, slots, key, users, warmMs } = scenario
  const { time } = world
  const draw = mulberry32(9)
  world.configure(scenario)
  const startMs = time.nowMs + warmMs
  const endMs = startMs + (decisions / rate) * 1_000
  let outcomes = 0
  let ids = 0

  async function decide(i: number): Promise<void> {
    const user = users[Math.floor(draw() * users.length)]
    const path = '/v1/decide/movies-home'
    const answer = (await world.send('POST', path, key, { user: { id: user }, limit: slots })) as {
      readonly receipt: string
      readonly items: readonly { readonly id: string; readonly position: number }[]
    }
    const { receipt, items } = answer
    const tell = (event: object) => async () => {
      const events = [{ id: `e${ids++}`, receipt, user, timestamp: time.nowMs, ...event }]
      await world.send('POST', '/v1/events', key, { sent: time.nowMs, events })
    }
    if (scenario.impressions) {
      const shown = items.map(({ id, position }) => ({ id, position }))
      time.at(time.nowMs + SEEN_AFTER_MS, tell({ type: 'impression', items: shown }))
    }
    if (i % OUTCOME_EVERY !== 0) return
    const atMs = time.nowMs + FIRST_OUTCOME_MS + draw() * (warmMs - FIRST_OUTCOME_MS)
    if (atMs >= startMs && atMs < endMs) outcomes++
    const { id: item } = items[Math.floor(draw() * items.length)]
    time.at(atMs, tell({ ...OUTCOMES[(i / OUTCOME_EVERY) % OUTCOMES.length], item }))
  }

  const all = Math.round((warmMs / 1_000) * rate) + decisions
  for (let i = 0; i < all; i++) time.at(endMs - ((all - i - 0.5) / rate) * 1_000, () => decide(i))
  await world.runUntil(startMs)
  meter.clear()
  const lakeBefore = world.lakeBytes()
  await world.runUntil(endMs)
  const counted = {
    ...{ decisions, outcomes, seconds: (endMs - startMs) / 1_000 },
    counts: meter.counts(),
    lakeBytes: world.lakeBytes() - lakeBefore,
  }
  // What is under way ends before another scenario begins.
  await world.runUntil(endMs + 60_000)
  return counted
}
