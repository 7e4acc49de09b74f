import { describe, expect, expectTypeOf, it } from 'vitest'
import * as z from 'zod'
import { checkAggregates } from '../../src/core/aggregate/check.ts'
import {
  count,
  decayed,
  distinct,
  lastK,
  mean,
  rate,
  sum,
} from '../../src/core/aggregate/declare.ts'
import { defineEntity, type Entity } from '../../src/core/entity.ts'
import { defineEvent } from '../../src/core/event.ts'
import { pairId, recordsOf } from '../../src/core/event-records.ts'
import { category, column, feature, labels } from '../../src/core/stage.ts'

const Item = defineEntity('item', {
  layout: 'paged',
  owner: 'catalog',
  public: ['title', 'ctr_7d'],
  attributes: { title: z.string(), genres: z.array(z.string()).optional(), year: z.number() },
  aggregates: {
    clicks_7d: count('click', { window: '7d' }),
    ctr_7d: rate('click', 'impression', { window: '7d', prior: [1, 20] }),
    heat: decayed('click', { halfLife: '6h' }),
    ratings_mean: mean('rate'),
  },
})
const User = defineEntity('user', {
  layout: 'keyed',
  owner: 'identity',
  attributes: {},
  aggregates: {
    recent_items: lastK(['click', { type: 'rate', when: (event) => event.value >= 4 }], {
      k: 50,
      of: 'item',
    }),
  },
})
const UserGenre = defineEntity('user_genre', {
  layout: 'keyed',
  owner: 'identity',
  of: { user: User, genre: Item.pick('genres') },
  attributes: {},
  aggregates: { clicks_30d: count('click', { window: '30d' }) },
})

const impression = defineEvent('impression', { owner: 'web', once: true, many: 'items' })
const click = defineEvent('click', { owner: 'web', once: true, properties: { query: z.string() } })
const rated = defineEvent('rate', { owner: 'web', value: z.number() })
const login = defineEvent('login', { owner: 'web', item: null })
const events = [impression, click, rated, login]

describe('an entity with aggregates', () => {
  it('has them as fields beside its attributes', () => {
    expect(Item.fields.get('ctr_7d')).toMatchObject({
      ...{ name: 'ctr_7d', kind: 'number', origin: 'aggregate', public: true },
    })
    expect(Item.fields.get('heat')?.public).toBe(false)
    expect(User.fields.get('recent_items')?.kind).toBe('strings')
    expect(Object.keys(Item.attributes)).toEqual(['title', 'genres', 'year'])
    expect([...Item.aggregates.types].sort()).toEqual(['click', 'impression', 'rate'])
  })

  it('gives stages their values by type', () => {
    feature('ctr', {
      reads: { item: Item.pick('ctr_7d', 'title'), user: User.maybe('recent_items') },
      fallback: 0,
      compute: ({ item, user }) => {
        expectTypeOf(item.ctr_7d).toEqualTypeOf<number>()
        expectTypeOf(item.title).toEqualTypeOf<string>()
        expectTypeOf(user.recent_items).toEqualTypeOf<readonly string[] | undefined>()
        return item.ctr_7d
      },
    })
    column('heat', Item, 'heat', { fallback: 0, map: Math.log1p })
    category('last', {
      reads: { user: User.pick('recent_items') },
      fallback: [],
      compute: ({ user }) => user.recent_items[0],
    })
    // @ts-expect-error a number is no label
    labels('ctr_7d', Item, 'ctr_7d', { fallback: [] })
    // @ts-expect-error no field has that name
    Item.pick('ctr_8d')
  })

  it('changes its fingerprint with a definition, not with an aggregate’s prior', () => {
    const entity = (aggregate: ReturnType<typeof count> | ReturnType<typeof rate>) =>
      defineEntity('x', {
        layout: 'keyed',
        owner: 'o',
        attributes: {},
        aggregates: { a: aggregate },
      })
    const one = entity(count('click')).fingerprint
    expect(entity(count('click')).fingerprint).toBe(one)
    expect(entity(count('click', { version: 2 })).fingerprint).not.toBe(one)
    expect(entity(count('click', { window: '7d' })).fingerprint).not.toBe(one)
    expect(entity(rate('click', 'rate', { prior: [1, 2] })).fingerprint).toBe(
      entity(rate('click', 'rate', { prior: [1, 3] })).fingerprint,
    )
  })
})

describe('a contradiction is refused:', () => {
  const entity = (options: Partial<Parameters<typeof defineEntity>[1]>): Entity =>
    defineEntity('item', { layout: 'paged', owner: 'o', attributes: {}, ...options }) as Entity
  const check = (aggregates: Parameters<typeof defineEntity>[1]['aggregates'], name = 'item') =>
    checkAggregates(
      [defineEntity(name, { layout: 'keyed', owner: 'o', attributes: {}, aggregates }) as Entity],
      events,
    )

  it('an attribute and an aggregate of one name', () => {
    const clash = { attributes: { heat: z.number() }, aggregates: { heat: count('click') } }
    expect(() => entity(clash)).toThrow(/item, aggregate heat: an attribute has that name/)
  })

  it('a window, half-life or bound that no tiles make', () => {
    for (const window of ['1m', '7m', '13h30m', '12d1h', '500d', '-1d', 'week'])
      expect(() => count('click', { window: window as '1d' })).toThrow(/window|duration/)
    expect(() => decayed('click', { halfLife: '1m' })).toThrow(/halfLife/)
    expect(() => lastK('click', { k: 0, of: 'item' })).toThrow(/k is/)
    expect(() => distinct('click', { k: 1e6, of: 'item' })).toThrow(/k is/)
    expect(() => rate('click', 'impression', { prior: [1, 0] })).toThrow(/prior/)
    expect(() => count([])).toThrow(/events/)
  })

  it('an event that does not exist', () => {
    expect(() => check({ clicks: count('clik') })).toThrow(
      /entity item, aggregate clicks: there is no event 'clik'; there are impression, click/,
    )
    expect(() => check({ ctr: rate('click', 'view', { prior: [1, 2] }) })).toThrow(/'view'/)
  })

  it('an event that touches none of its records', () => {
    expect(() => check({ clicks: count('click') }, 'shop')).toThrow(/touches no record of shop/)
    expect(() => check({ logins: count('login') })).toThrow(/touches no record of item/)
    expect(() => check({ logins: count('login') }, 'user')).not.toThrow()
  })

  it('values, subjects and properties that its events do not have', () => {
    expect(() => check({ spent: sum('click') })).toThrow(/click declares no value/)
    expect(() => check({ items: distinct('login', { of: 'item' }) }, 'user')).toThrow(/has no item/)
    const queries = (property: string) => ({ queries: distinct('click', { of: { property } }) })
    expect(() => check(queries('page'))).toThrow(/declares no property 'page'/)
    expect(() => check(queries('query'))).not.toThrow()
  })

  it('a pair of what is not there', () => {
    expect(() => checkAggregates([Item, User, UserGenre], events)).not.toThrow()
    expect(() => checkAggregates([UserGenre], events)).toThrow(
      /user_genre, of user: there is no entity 'user'/,
    )
    const pair = (of: { user: typeof User; part: ReturnType<typeof Item.pick> }) =>
      defineEntity('pair', { layout: 'keyed', owner: 'o', of, attributes: {} }) as Entity
    const all = (one: Entity) => [Item, User, one]
    const byYear = pair({ user: User, part: Item.pick('year') })
    expect(() => checkAggregates(all(byYear), events)).toThrow(/item.year is no attribute of text/)
    expect(() => pair({ user: User, part: Item.pick('title', 'genres') })).toThrow(/one field/)
  })
})

describe('an event updates', () => {
  const event = { item: '1', user: 'p1', consent: { personalize: true, train: true } }
  const texts = (entity: string, id: string, field: string) =>
    entity === 'item' && id === '1' && field === 'genres' ? ['Comedy', 'Sci-Fi', 'Comedy'] : []
  const of = (entity: unknown, more: Partial<typeof event> | { user: null } = {}, type = click) =>
    recordsOf(entity as Entity, type, { ...event, ...more }, texts)

  it('its item, its user, and each pair of them once', () => {
    expect(of(Item)).toEqual(['1'])
    expect(of(User)).toEqual(['p1'])
    expect(of(UserGenre)).toEqual(['p1:Comedy', 'p1:Sci-Fi'])
    expect(of(UserGenre, { item: '2' })).toEqual([])
    expect(of(UserGenre, { user: null })).toEqual([])
    expect(
      of(Item, {}, defineEvent('click', { owner: 'o', item: 'product' }) as typeof click),
    ).toEqual([])
  })

  it('no record of a person who does not consent', () => {
    const consent = { personalize: false, train: true }
    expect(of(Item, { consent })).toEqual(['1'])
    expect(of(User, { consent })).toEqual([])
    expect(of(UserGenre, { consent })).toEqual([])
  })

  it('pairs under printable ids that no two pairs share', () => {
    expect(pairId(['a:b', 'c'])).toBe('a%3Ab:c')
    expect(pairId(['a', 'b:c'])).toBe('a:b%3Ac')
    expect(pairId(['p', 'Film Noir'])).toBe('p:Film%20Noir')
    expect(pairId(['p', 'Año %'])).toBe('p:A%C3%B1o%20%25')
    const long = (end: string) => pairId(['p', `${'x'.repeat(200)}${end}`])
    expect(long('1')).toMatch(/^[\x21-\x7e]{128}$/)
    expect(long('1')).not.toBe(long('2'))
  })
})
