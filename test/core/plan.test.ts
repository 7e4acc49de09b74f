import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { defineEntity } from '../../src/core/entity.ts'
import { EdgewheelError } from '../../src/core/errors.ts'
import { chainOf, MAX_POOL, planOf } from '../../src/core/plan.ts'
import { candidate, context, derive, given, recent, retrieved } from '../../src/core/read.ts'
import { column, type Feature, feature, filter, source } from '../../src/core/stage.ts'
import type { UseCase } from '../../src/core/use-case.ts'
import { moviesHome } from '../../src/use-cases/movies-home.ts'
import { moviesRerank } from '../../src/use-cases/movies-rerank.ts'
import { moviesSimilar } from '../../src/use-cases/movies-similar.ts'
import { Item, User } from '../../stages/entities.ts'
import { popularity } from '../../stages/featurize/popularity.ts'
import { inStock } from '../../stages/filter/in-stock.ts'
import { popular } from '../../stages/generate/popular.ts'
import { linear } from '../../stages/score/linear.ts'
import { chainWith } from '../fixtures/stages.ts'

const reading = (reads: Feature['reads']) =>
  feature('greedy', { reads, fallback: 0, compute: () => 0 }) as Feature

const Other = defineEntity('item', {
  layout: 'paged',
  owner: 'others',
  attributes: { colour: z.string(), weight: z.number() },
})
const Shop = defineEntity('shop', {
  layout: 'paged',
  owner: 'others',
  attributes: { size: z.number() },
})
const aboutCandidate = derive('about_it', { reads: { item: Item.pick('year') }, compute: () => 1 })
const session = () => derive('session', { reads: { recent }, compute: () => 1 })

type Parts = Partial<UseCase>

describe('a contradiction stops the start and names both sides', () => {
  it.each<[string, Parts, RegExp]>([
    ['an id that is no path', { id: 'Movies Home' }, /Movies Home.*kebab-case/],
    ['no owner', { owner: '' }, /owner/],
    ['candidates of a keyed entity', { candidates: User as never }, /candidates.*user is keyed/],
    ['no source', { generate: [] }, /generate has no source/],
    ['two sources of one name', { generate: [popular, popular] }, /two sources.*'popular'/],
    ['two filters of one name', { filter: [inStock, inStock] }, /two filters.*'in_stock'/],
    [
      'two features of one name',
      { featurize: [popularity, popularity] },
      /two features.*'popularity'/,
    ],
    [
      'a source named like the engine’s own',
      { generate: [source('catalogue', { limit: 1, generate: () => ({ ids: [] }) })] },
      /source 'catalogue'.*engine/,
    ],
    [
      'more sources than a candidate remembers',
      {
        generate: Array.from({ length: 31 }, (_, n) =>
          source(`s${n}`, { limit: 1, generate: () => ({ ids: [] }) }),
        ),
      },
      /at most 30 sources/,
    ],
    [
      'a feature of a source that the chain has not',
      { featurize: [reading({ score: retrieved('nearby') })] },
      /feature greedy reads source 'nearby', which generate has not/,
    ],
    [
      'a record that nobody binds',
      { featurize: [reading({ shop: Shop.pick('size') })] },
      /feature greedy reads 'shop', which is neither the candidate nor bound in context/,
    ],
    [
      'an alias bound to another entity',
      { featurize: [reading({ user: Item.pick('year') })] },
      /feature greedy reads 'user' as item, but it is bound to user/,
    ],
    [
      'a field that the bound entity has not',
      { featurize: [reading({ item: Other.pick('colour') })] },
      /feature greedy reads 'item.colour', which entity item has not/,
    ],
    [
      'a column of a field that the candidates have not',
      { featurize: [column('heavy', Other, 'weight', { fallback: 0 }) as Feature] },
      /feature heavy reads 'item.weight', which entity item has not/,
    ],
    [
      'a column of another entity',
      { featurize: [column('sized', Shop, 'size', { fallback: 0 }) as Feature] },
      /feature sized reads 'shop', which is neither/,
    ],
    [
      'a context field that the request does not declare',
      { featurize: [reading({ page: context({ mood: z.string() }) })] },
      /feature greedy reads context.mood, which request does not declare/,
    ],
    [
      'a filter of what callers send with candidates',
      {
        filter: [
          filter('sent', {
            reads: { sent: given({ a: z.number() }) },
            onMissing: 'keep',
            keep: () => true,
          }),
        ],
      },
      /filter sent cannot read 'sent': it runs before candidates are in the pool/,
    ],
    [
      'a filter of a retrieval score',
      {
        filter: [
          filter('top', {
            reads: { score: retrieved('popular') },
            onMissing: 'keep',
            keep: () => true,
          }),
        ],
      },
      /filter top cannot read 'score'/,
    ],
    [
      'a source of the candidate that it is to draw',
      {
        generate: [
          source('self', { limit: 1, reads: { candidate }, generate: () => ({ ids: [] }) }),
        ],
      },
      /source self reads the candidate, but there is none yet/,
    ],
    [
      'a source of the candidate’s record',
      {
        generate: [
          source('self', {
            limit: 1,
            reads: { item: Item.maybe('year') },
            generate: () => ({ ids: [] }),
          }),
        ],
      },
      /source self reads the candidate/,
    ],
    [
      'a derived value of the candidate, wherever it hides',
      {
        featurize: [
          reading({ outer: derive('outer', { reads: { aboutCandidate }, compute: () => 1 }) }),
        ],
      },
      /derived value 'about_it' reads the candidate, but is computed once for all/,
    ],
    [
      'two derived values of one name',
      { featurize: [reading({ a: session(), b: session() })] },
      /feature greedy reads 'session', and two derived values have that name/,
    ],
    [
      'an alias that hides the candidate',
      { context: { item: { entity: Item as never, id: () => undefined } } },
      /context binds 'item', under which stages read the candidate/,
    ],
    ['no outcome', { objective: {} }, /objective has no outcome/],
    ['an outcome worth no number', { objective: { click: Number.NaN } }, /'click' with NaN/],
    ['a budget of nothing', { budgetMs: 0 }, /budgetMs is above 0, not 0/],
    ['a cold budget below nothing', { coldBudgetMs: -1 }, /coldBudgetMs.*-1/],
    ['a fallback that is no id', { fallback: ['318', 'a b'] }, /fallback has 'a b'/],
    [
      'prior weights of a feature that the chain has not',
      { score: linear({ prior: { nope: 1 } as never }) },
      /prior weights of linear: the chain has no feature 'nope'/,
    ],
    [
      'a head that is worth nothing',
      {
        featurize: [popularity],
        score: linear({
          heads: { click: { prior: { popularity: 1 } }, buy: { prior: { popularity: 1 } } },
        }) as never,
      },
      /score has a head 'buy', which objective gives no weight/,
    ],
  ])('%s', (_, parts, message) => {
    const useCase = { ...chainWith({}), ...parts }
    expect(() => planOf(useCase)).toThrow(message)
    try {
      planOf(useCase)
    } catch (error) {
      expect(error).toBeInstanceOf(EdgewheelError)
      expect((error as EdgewheelError).code).toBe('invalid_definition')
      expect((error as EdgewheelError).message).toContain(`use case ${useCase.id}:`)
    }
  })
})

describe('a plan', () => {
  it('takes the use cases of the example', () => {
    for (const useCase of [moviesHome, moviesSimilar, moviesRerank])
      expect(planOf(useCase).useCase).toBe(useCase)
  })

  it('merges the fields that the chain needs of each keyed record, derived values included', () => {
    const { keyed, paged } = planOf(moviesHome)
    expect([...keyed.keys()]).toEqual(['user'])
    expect([...(keyed.get('user')?.fields ?? [])].sort()).toEqual([
      'batch_rating_count',
      'batch_rating_mean',
      'batch_recent_items',
      'batch_seen',
      'seen',
    ])
    expect(paged.map(({ name }) => name)).toEqual(['item'])
  })

  it('says whether the use case ranks what it is given', () => {
    expect(planOf(moviesRerank).takesCandidates).toBe(true)
    expect(planOf(moviesHome).takesCandidates).toBe(false)
  })

  it('has room for every source and a full page, and never for more than the cap', () => {
    const small = planOf(chainWith({ generate: [{ ...popular, limit: 10 }] }))
    expect(small.capacity).toBe(110)
    const large = ['a', 'b', 'c'].map((name) => ({ ...popular, name, limit: 500 }))
    expect(planOf(chainWith({ generate: large })).capacity).toBe(MAX_POOL)
  })

  it('changes its fingerprint with the chain and not with the order of keys', () => {
    const { fingerprint } = planOf(moviesHome)
    const turned = Object.fromEntries(Object.entries(moviesHome).reverse()) as unknown as UseCase
    expect(planOf(turned).fingerprint).toBe(fingerprint)
    expect(planOf({ ...moviesHome, filter: [] }).fingerprint).not.toBe(fingerprint)
    expect(planOf({ ...moviesHome, budgetMs: 100 }).fingerprint).not.toBe(fingerprint)
  })

  it('tells the chain as data that survives JSON', () => {
    const chain = chainOf(moviesHome)
    expect(JSON.parse(JSON.stringify(chain))).toMatchObject({
      id: 'movies-home',
      context: { user: 'user' },
      objective: { click: 1, rate_up: 3, dismiss: -1 },
    })
    for (const { hash } of chain.featurize) expect(hash).toMatch(/^[0-9a-f]{16}$/)
  })
})
