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
  seen,
  sum,
} from '../../src/core/aggregate/declare.ts'
import { defineEntity, type Entity } from '../../src/core/entity.ts'
import { events } from '../../stages/events.ts'

const Item = defineEntity('item', {
  layout: 'paged',
  owner: 'tests',
  shards: 2,
  attributes: {},
  aggregates: {
    clicks: count('click'),
    clicks_7d: count('click', { window: '7d' }),
    ctr_2d: rate('click', 'impression', { window: '2d', prior: [1, 20] }),
    spent: sum('rate'),
    ratings_mean: mean('rate', { maxAge: '1d' }),
    heat: decayed('click', { halfLife: '6h' }),
    lowest_1d: min('rate', { window: '1d' }),
    users: distinct(['click', 'rate'], { of: 'user', k: 4 }),
  },
})

const User = defineEntity('user', {
  layout: 'keyed',
  owner: 'tests',
  shards: 1,
  attributes: {},
  aggregates: {
    clicks_1h: count('click', { window: '1h' }),
    highest: max('rate'),
    last_rating: last('rate', { maxAge: '6h' }),
    recent_items: lastK(['click', { type: 'rate', when: ({ value }) => value >= 4 }], {
      k: 5,
      of: 'item',
    }),
    seen: seen(['click', 'rate', 'dismiss']),
  },
})

/** What one user did with one item. */
const Taste = defineEntity('taste', {
  layout: 'keyed',
  owner: 'tests',
  shards: 1,
  of: { user: User, item: Item },
  attributes: {},
  aggregates: {
    clicks: count('click'),
    good: count({ type: 'rate', when: ({ value }) => value >= 4 }),
  },
})

/** Every kind of aggregate, on items, on users and on pairs of both. */
export const ENTITIES = [Item, User, Taste] as unknown as readonly Entity[]

/** The types of events of the example, by name. */
export const EVENTS = new Map(events.map((event) => [event.name, event]))
