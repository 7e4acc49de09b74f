import {
  count,
  decayed,
  distinct,
  last,
  lastK,
  max,
  mean,
  min,
  rate,
  sum,
} from '../../src/core/aggregate/declare.ts'
import type { AggregateShapes } from '../../src/core/aggregate/definition.ts'
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../src/core/duration.ts'
import type { EventView } from '../../src/core/event-envelope.ts'
import { mulberry32 } from '../../src/core/mulberry32.ts'

/** Every kind, over all time and over windows of each hop. */
export const EVERY_KIND = {
  clicks_total: count('click'),
  clicks_1h: count('click', { window: '1h' }),
  clicks_7d: count('click', { window: '7d' }),
  clicks_30d: count(['click', { type: 'rate', when: ({ value }) => value >= 4 }], {
    window: '30d',
  }),
  spent: sum('rate'),
  spent_6h: sum('rate', { window: '6h' }),
  ratings_mean: mean('rate'),
  ratings_mean_2d: mean('rate', { window: '2d', maxAge: '1d' }),
  lowest: min('rate'),
  lowest_1h: min('rate', { window: '1h' }),
  highest_2d: max('rate', { window: '2d' }),
  last_rating: last('rate', { maxAge: '6h' }),
  last_rating_1d: last('rate', { window: '1d' }),
  recent_items: lastK(['click', { type: 'rate', when: ({ value }) => value >= 4 }], {
    k: 5,
    of: 'item',
  }),
  recent_users_1h: lastK('click', { k: 3, of: 'user', window: '1h' }),
  items: distinct(['click', 'rate'], { of: 'item', k: 4 }),
  items_2d: distinct('click', { of: 'item', k: 4, window: '2d' }),
  queries_1h: distinct('click', { of: { property: 'query' }, k: 3, window: '1h' }),
  ctr_7d: rate('click', 'impression', { window: '7d', prior: [1, 20] }),
  good_share: rate({ type: 'rate', when: ({ value }) => value >= 4 }, 'rate', { prior: [0, 1] }),
  heat: decayed('click', { halfLife: '6h' }),
  heat_5m: decayed('click', { halfLife: '5m', maxAge: '1h' }),
} satisfies AggregateShapes

/** An event as it reaches an owner; `back` takes back what has the same id. */
export interface Delivery {
  readonly arrivalMs: number
  readonly back: boolean
  readonly event: EventView
}

const START_MS = 1_790_000_000_000
const TYPES = ['click', 'click', 'rate', 'impression']
/** From bursts within a tile to histories longer than every window. */
const SPANS_MS = [20 * MINUTE_MS, 3 * HOUR_MS, 2 * DAY_MS, 20 * DAY_MS, 300 * DAY_MS]

/** Mostly stars, some of them below 0; now and then none, or one so large that sums pass 2^53 units. */
function valueFrom(random: () => number): number {
  const kind = random()
  if (kind < 0.1) return Number.NaN
  if (kind < 0.15) return random() < 0.5 ? 0 : -0
  if (kind < 0.2) return Math.round((random() * 2 - 1) * 1e12) / 1e3
  return Math.round((random() * 6 - 1) * 10) / 10
}

/** A stream of up to `size` events with duplicates and retractions, as it arrives: late, and in any order. */
export function streamOf(seed: number, size: number): Delivery[] {
  const random = mulberry32(seed)
  const below = (most: number) => Math.floor(random() * most)
  const spanMs = SPANS_MS[below(SPANS_MS.length)]
  const deliveries: Delivery[] = []
  for (let n = 0; n < size; n++) {
    const roundMs = random() < 0.3 ? 60_000 : 1
    const timeMs = START_MS + Math.floor((random() * spanMs) / roundMs) * roundMs
    const event: EventView = {
      id: `e${n}`,
      type: TYPES[below(TYPES.length)],
      item: random() < 0.9 ? String(below(12)) : `item-${below(3)}`,
      user: random() < 0.2 ? null : `u${below(6)}`,
      position: null,
      value: valueFrom(random),
      timeMs,
      useCase: null,
      variant: null,
      model: null,
      properties: random() < 0.5 ? {} : { query: `q${below(8)}` },
    }
    const times = random() < 0.2 ? 3 : 1
    const arrival = () => timeMs + Math.floor(random() ** 4 * spanMs)
    for (let copy = 0; copy < times; copy++)
      deliveries.push({ arrivalMs: arrival(), back: false, event })
    if (random() < 0.15) deliveries.push({ arrivalMs: arrival(), back: true, event })
  }
  return deliveries.sort((a, b) => a.arrivalMs - b.arrivalMs)
}
