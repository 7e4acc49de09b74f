import { reset, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { decodeDecision } from '../../src/core/decision-codec.ts'
import type { DecisionEvent } from '../../src/core/decision-event.ts'
import type { OutcomeEvent } from '../../src/core/event-envelope.ts'
import type { Env } from '../../src/env.ts'
import { moviesHome } from '../../src/use-cases/movies-home.ts'
import { recordOf } from '../../src/wheel/log.ts'
import { outcomeMessages } from '../../src/wheel/message.ts'
import type { MetricCell } from '../../src/wheel/metric-counts.ts'
import { linesOf, METRIC_AXES } from '../../src/wheel/metric-groups.ts'
import { recountFromLake } from '../../src/wheel/metric-recount.ts'
import { outcomes, events as types } from '../../stages/events.ts'
import { world } from '../fixtures/runtime.ts'
import { decisionLike, eventOf, messageOf, traffic, withoutReceipt } from './metric-traffic.ts'
import { testWorker } from './wheel-fixture.ts'

const HOUR_MS = 3_600_000
const { METRICS, LAKE } = env as unknown as Env

interface Line {
  readonly key?: string | number | null
  readonly decisions: number
  readonly served: number
  readonly impressions: number
  readonly outcomes: Readonly<Record<string, number>>
}
interface Answer {
  readonly total: Line
  readonly groups: readonly Line[]
}

let base: DecisionEvent
const thisHourMs = Math.floor(Date.now() / HOUR_MS) * HOUR_MS
const fromMs = thisHourMs - 5 * 24 * HOUR_MS

function worker() {
  const one = testWorker()
  const metrics = async (query = '', useCase = 'movies-home'): Promise<Answer> => {
    const span = `from=${fromMs}&to=${fromMs + 3 * HOUR_MS}`
    const response = await one.send('GET', `/v1/metrics/${useCase}?${span}${query}`)
    expect(response.status).toBe(200)
    return response.json()
  }
  const deliver = async (...bodies: Uint8Array[]) => {
    const { retried } = await one.deliver(bodies)
    expect(retried).toEqual([])
  }
  const told = (...events: OutcomeEvent[]) =>
    deliver(...outcomeMessages(events).map(({ bytes }) => bytes))
  return { ...one, metrics, deliver, told }
}

const decision = (over: Partial<DecisionEvent> = {}, seed = 1) =>
  decisionLike(
    base,
    {
      useCase: 'movies-home',
      variant: 'control',
      model: null,
      decidedAtMs: fromMs + 1_000,
      ...over,
    },
    seed,
  )

beforeAll(async () => {
  const { decide } = await world(moviesHome)
  base = decodeDecision(recordOf(await decide({ userId: 'u1' })))
  expect(base.ids.length).toBeGreaterThanOrEqual(10)
  // Whoever ranked it: ten items at ten positions.
  base = {
    ...base,
    choices: Array.from({ length: 10 }, (_, index) => ({ index, propensity: 1 })),
  }
})
beforeEach(() => {
  vi.spyOn(console, 'error').mockImplementation(() => {})
})
afterEach(async () => {
  vi.restoreAllMocks()
  await reset()
})

/** The same, counted in the simplest way there is. */
function naive(
  decisions: readonly DecisionEvent[],
  events: readonly OutcomeEvent[],
  useCase: string,
) {
  const mine = decisions.filter((one) => one.useCase === useCase)
  const met = {
    impressions: new Set<string>(),
    click: new Set<string>(),
    rate_up: new Set<string>(),
  }
  const things = new Map<string, OutcomeEvent[]>()
  for (const event of events) {
    if (
      event.trust !== 'counted' ||
      !mine.some(({ decisionId }) => decisionId === event.decisionId)
    )
      continue
    const id = event.type === 'rate' ? (event.retracts ?? event.id) : ''
    const thing = [event.decisionId, event.item, event.type, id].join(' ')
    things.set(thing, [...(things.get(thing) ?? []), event])
  }
  for (const [thing, told] of things) {
    if (told.some(({ retracts }) => retracts !== null)) continue
    for (const { type, value, eventTimeMs, keyTimeMs } of told) {
      const days = (eventTimeMs - keyTimeMs) / (24 * HOUR_MS)
      if (type === 'impression') met.impressions.add(thing)
      if (type === 'click' && days <= 1) met.click.add(thing)
      if (type === 'rate' && days <= 7 && (value ?? 0) >= 4) met.rate_up.add(thing)
    }
  }
  return {
    decisions: mine.length,
    served: mine.reduce((sum, { choices }) => sum + choices.length, 0),
    impressions: met.impressions.size,
    outcomes: { click: met.click.size, rate_up: met.rate_up.size, dismiss: 0 },
  }
}

async function recount(useCase: string): Promise<readonly MetricCell[]> {
  const cells = await recountFromLake({
    ...{ bucket: LAKE, useCase, outcomes, fromMs, toMs: fromMs + 3 * HOUR_MS, nowMs: Date.now() },
    events: new Map(types.map((type) => [type.name, type])),
  })
  if (cells === null) throw new Error('too many parts')
  return cells
}

const byKey = (groups: readonly { readonly key?: unknown }[]) =>
  groups.toSorted((a, b) => (String(a.key) < String(b.key) ? -1 : 1))

describe('counting', () => {
  it('is exact under duplicates, reordering, retractions and late events, as the lake is', async () => {
    for (const seed of [1, 2]) {
      const { metrics, deliver } = worker()
      const { decisions, events, batches } = traffic(base, seed, 40, fromMs)
      for (const batch of batches) await deliver(...batch)
      for (const useCase of ['movies-home', 'movies-similar']) {
        const expected = naive(decisions, events, useCase)
        expect((await metrics('', useCase)).total).toMatchObject(expected)
        expect(expected.outcomes.rate_up).toBeGreaterThan(5)
        const cells = await recount(useCase)
        for (const by of METRIC_AXES) {
          const { groups, total } = linesOf(cells, by)
          const counted = await metrics(`&by=${by}`, useCase)
          expect(counted.total).toMatchObject({ ...total, outcomes: expected.outcomes })
          expect(byKey(counted.groups)).toMatchObject(byKey(groups))
          expect(groups.length).toBeGreaterThan(1)
        }
      }
      await reset()
    }
  }, 120_000)

  it('puts an outcome into the hour, the group and the position of its decision', async () => {
    const { metrics, deliver, told } = worker()
    const one = decision({ variant: 'bold', model: 'movies-home@7' })
    const nextDayMs = one.decidedAtMs + 23 * HOUR_MS
    await deliver(messageOf(one))
    await told(eventOf(one, 4, { eventTimeMs: nextDayMs, receivedMs: nextDayMs + 48 * HOUR_MS }))
    const keys = { variant: 'bold', model: 'movies-home@7', position: 4, hour: fromMs }
    for (const [by, key] of Object.entries(keys)) {
      const { groups } = await metrics(`&by=${by}`)
      const clicked = groups.filter(({ outcomes }) => outcomes.click > 0)
      expect(clicked).toEqual([
        expect.objectContaining({ key, outcomes: expect.objectContaining({ click: 1 }) }),
      ])
    }
  })

  it('takes back where it counted, whatever a retraction says of value and position', async () => {
    const { metrics, deliver, told } = worker()
    const one = decision()
    const five = eventOf(one, 3, { id: 'r', type: 'rate', value: 5 })
    const back = { ...five, id: 'x', value: null, position: null, retracts: 'r' }
    await deliver(messageOf(one))
    await told(five)
    expect((await metrics()).total.outcomes.rate_up).toBe(1)
    await told(back)
    await told(back)
    await told(five)
    const { groups, total } = await metrics('&by=position')
    expect(await metrics('&by=position&source=lake')).toMatchObject({ groups, total })
    expect(total.outcomes.rate_up).toBe(0)
    expect(groups.every(({ outcomes }) => outcomes.rate_up === 0)).toBe(true)
    await told({ ...back, id: 'y', retracts: 's' }, { ...five, id: 's' })
    expect((await metrics()).total.outcomes.rate_up).toBe(0)
  })

  it('keeps an event that names a decision and no use case until its decision comes', async () => {
    const { metrics, deliver, told } = worker()
    const one = decision({ useCase: 'movies-similar', variant: 'bold' })
    await told(withoutReceipt(eventOf(one, 1)))
    expect((await metrics('', 'movies-similar')).total.outcomes.click).toBe(0)
    await deliver(messageOf(one))
    const { groups } = await metrics('&by=variant', 'movies-similar')
    expect(groups).toMatchObject([{ key: 'bold', decisions: 1, outcomes: { click: 1 } }])
    expect((await metrics()).total.outcomes.click).toBe(0)
    await told(withoutReceipt(eventOf(one, 2)))
    expect((await metrics('', 'movies-similar')).total.outcomes.click).toBe(2)
  })

  it('keeps its rows within caps, however many models and positions there are', async () => {
    const { metrics, deliver, told, send } = worker()
    const many = Array.from({ length: 60 }, (_, i) => decision({ model: `movies-home@${i}` }, i))
    await deliver(...many.map(messageOf))
    await told(...many.map((one, i) => eventOf(one, 1, { position: 1_000_000 * i })))
    const { groups, total } = await metrics('&by=model')
    expect(groups.length).toBe(17)
    expect(total.decisions).toBe(60)
    expect(groups.find(({ key }) => key === 'other')?.decisions).toBe(44)
    const positions = (await metrics('&by=position')).groups
    expect(positions.find(({ key }) => key === 'other')?.outcomes.click).toBe(60)
    expect(positions.length).toBe(11)
    const text = new TextDecoder().decode(await (await send('GET', '/metrics')).arrayBuffer())
    expect(text.match(/^edgewheel_decisions_total/gm)?.length).toBe(17)
  })

  it('writes few rows, however many items and duplicates a batch has', async () => {
    const { deliver } = worker()
    const many = Array.from({ length: 50 }, (_, i) => decision({}, i))
    await deliver(...many.map(messageOf))
    const written = await METRICS.getByName('movies-home').totals()
    expect(written.groups).toMatchObject([{ decisions: 50, served: 500 }])
    let rows = 0
    await runInDurableObject(METRICS.getByName('movies-home'), (_, { storage }) => {
      const sql = Object.getPrototypeOf(storage.sql) as SqlStorage
      const exec = sql.exec
      vi.spyOn(sql, 'exec').mockImplementation(function (this: SqlStorage, ...given) {
        const cursor = exec.apply(this, given as Parameters<typeof exec>)
        rows += cursor.rowsWritten
        return cursor as never
      })
    })
    const shown = many.flatMap((one) =>
      Array.from({ length: 10 }, (_, i) => eventOf(one, i + 1, { id: 'i', type: 'impression' })),
    )
    const bytes = outcomeMessages(shown).map((one) => one.bytes)
    await METRICS.getByName('nobody').totals()
    await deliver(...bytes, ...bytes)
    // The cell, the keys; the owners of records write their own.
    expect(rows).toBeLessThan(3 + 4 * 10)
  })

  it('forgets keys and hours that have lived their time, and totals never', async () => {
    const { metrics, deliver, send, told } = worker()
    const one = decision()
    await deliver(messageOf(one))
    await told(eventOf(one, 1))
    const object = METRICS.getByName('movies-home')
    vi.spyOn(Date, 'now').mockReturnValue(fromMs + 100 * 24 * HOUR_MS)
    await runDurableObjectAlarm(object)
    await deliver(messageOf(one))
    await told(eventOf(one, 2))
    const span = `from=${fromMs}&to=${fromMs + HOUR_MS}`
    const answer = await send('GET', `/v1/metrics/movies-home?${span}`)
    expect(await answer.json()).toMatchObject({ total: { decisions: 0, outcomes: { click: 0 } } })
    expect(await object.totals()).toMatchObject({
      late: 2,
      groups: [{ decisions: 1, outcomes: [{ name: 'click', counted: 1 }] }],
    })
    expect((await metrics()).total.decisions).toBe(0)
  })
})
