import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { defineEntity, type Entity } from '../../src/core/entity.ts'
import { STATUSES } from '../../src/core/field.ts'
import { categoriesAt } from '../../src/core/matrix.ts'
import { candidate } from '../../src/core/read.ts'
import { category, column, type Feature, feature, labels, source } from '../../src/core/stage.ts'
import { defineUseCase } from '../../src/core/use-case.ts'
import { topK } from '../../stages/rank/top-k.ts'
import { linear } from '../../stages/score/linear.ts'
import { decideWith, type TestRecord, tableFrom } from '../fixtures/catalogue.ts'

const Thing = defineEntity('thing', {
  layout: 'paged',
  owner: 'tests',
  attributes: {
    size: z.number(),
    flag: z.boolean(),
    word: z.string(),
    words: z.array(z.string()),
  },
})

const all = source('all', {
  limit: 100,
  generate: (_, { items }) => ({ ids: items.ids.filter((id) => id !== '') }),
})

/** Every feature's cell of every record, by id: `[value, status]`. */
async function cells(
  records: readonly (TestRecord | null)[],
  features: readonly Feature[],
  extra: readonly string[] = [],
) {
  const items = tableFrom(records, Thing as unknown as Entity)
  const useCase = defineUseCase({
    id: 'things',
    owner: 'tests',
    candidates: Thing,
    generate: [all, source('strangers', { limit: 10, generate: () => ({ ids: extra }) })],
    featurize: features,
    score: linear({ prior: {} }),
    rank: topK(),
    objective: { click: 1 },
    exposure: 'served',
    fallback: [],
  })
  const { matrix, pool } = await decideWith(useCase, { items, request: { limit: 1 } })
  return new Map(
    Array.from({ length: pool.size }, (_, row) => [
      pool.idOf(row),
      features.map((_, index) => {
        const list = matrix.categories[index]
        const value = list ? categoriesAt(list, row) : matrix.values[index * matrix.stride + row]
        return [value, STATUSES[matrix.status[index * matrix.stride + row]]]
      }),
    ]),
  )
}

const numbers = (name: string, compute: (size: number) => number | undefined) =>
  feature(name, {
    reads: { thing: Thing.pick('size') },
    fallback: -1,
    compute: ({ thing }) => compute(thing.size),
  })

describe('a number feature', () => {
  it.each([
    ['NaN', () => Number.NaN],
    ['infinity', () => Number.POSITIVE_INFINITY],
    ['minus infinity', () => Number.NEGATIVE_INFINITY],
    ['more than float32 holds', () => 1e39],
    ['nothing', () => undefined],
    ['null', () => null as never],
    ['a text', () => '7' as never],
    [
      'an error',
      () => {
        throw new Error('no')
      },
    ],
  ])('that computes to %s is its fallback, and missing', async (_, compute) => {
    const found = await cells([{ id: 'a', attributes: { size: 1 } }], [numbers('x', compute)])
    expect(found.get('a')).toEqual([[-1, 'missing']])
  })

  it('that fails for one candidate is right for the others', async () => {
    const picky = numbers('x', (size) => {
      if (size === 2) throw new Error('two')
      return size
    })
    const sizes = [1, 2, 3].map((size) => ({ id: `i${size}`, attributes: { size } }))
    expect([...(await cells(sizes, [picky])).values()].flat()).toEqual([
      [1, 'present'],
      [-1, 'missing'],
      [3, 'present'],
    ])
  })

  it('is a float32', async () => {
    const found = await cells([{ id: 'a', attributes: { size: 1 } }], [numbers('x', () => 0.1)])
    expect(found.get('a')).toEqual([[Math.fround(0.1), 'present']])
  })

  it('says which status made it fall back', async () => {
    const records: TestRecord[] = [
      { id: 'null', attributes: { size: null } },
      { id: 'stale', attributes: { size: 3 }, status: { size: 'stale' } },
      { id: 'missing' },
    ]
    const plain = column('plain', Thing, 'size', { fallback: -1 })
    const found = await cells(records, [plain, numbers('computed', (size) => size)], ['stranger'])
    for (const status of ['null', 'stale', 'missing'])
      expect(found.get(status)).toEqual([
        [-1, status],
        [-1, status],
      ])
    expect(found.get('stranger')).toEqual([
      [-1, 'missing'],
      [-1, 'missing'],
    ])
  })

  it('that reads nothing of the candidate is computed once', async () => {
    let calls = 0
    const constant = feature('constant', { reads: {}, fallback: 0, compute: () => ++calls })
    const found = await cells([{ id: 'a' }, { id: 'b' }, { id: 'c' }], [constant])
    expect([...found.values()].flat()).toEqual([
      [1, 'present'],
      [1, 'present'],
      [1, 'present'],
    ])
  })
})

describe('a column', () => {
  it('gives what the same feature would compute', async () => {
    const value = fc.oneof(fc.float(), fc.double(), fc.integer(), fc.constant(null))
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ size: value, flag: fc.option(fc.boolean()) }, { requiredKeys: [] }), {
          maxLength: 10,
        }),
        async (things) => {
          const records = things.map((attributes, n) => ({ id: `i${n}`, attributes }))
          const found = await cells(records, [
            column('a', Thing, 'size', { fallback: -1 }),
            numbers('b', (size) => size),
            column('c', Thing, 'size', { fallback: -1, map: Math.log1p }),
            numbers('d', Math.log1p),
            column('e', Thing, 'flag', { fallback: -1 }),
            feature('f', {
              reads: { thing: Thing.pick('flag') },
              fallback: -1,
              compute: ({ thing }) => Number(thing.flag),
            }),
          ])
          for (const [a, b, c, d, e, f] of found.values()) {
            expect(a).toEqual(b)
            expect(c).toEqual(d)
            expect(e).toEqual(f)
          }
        },
      ),
    )
  })

  it('whose map throws or gives no number falls back', async () => {
    const picky = column('x', Thing, 'size', {
      fallback: -1,
      map: (size) => {
        if (size === 2) throw new Error('two')
        return 1 / (size - 3)
      },
    })
    const sizes = [1, 2, 3].map((size) => ({ id: `i${size}`, attributes: { size } }))
    expect([...(await cells(sizes, [picky])).values()].flat()).toEqual([
      [-0.5, 'present'],
      [-1, 'missing'],
      [-1, 'missing'],
    ])
  })
})

describe('a category', () => {
  const words = labels('words', Thing, 'words', { fallback: ['none'] })
  const word = labels('word', Thing, 'word', { fallback: ['none'] })
  const computed = category('computed', {
    reads: { thing: Thing.pick('words') },
    fallback: ['none'],
    compute: ({ thing }) => thing.words,
  })

  it('holds none, one or several values, of each candidate its own', async () => {
    const found = await cells(
      [
        { id: 'two', attributes: { words: ['x', 'y'], word: 'x' } },
        { id: 'none', attributes: { words: [] } },
        { id: 'one', attributes: { words: ['y'], word: '' } },
      ],
      [words, computed, word],
    )
    expect(found.get('two')).toEqual([
      [['x', 'y'], 'present'],
      [['x', 'y'], 'present'],
      [['x'], 'present'],
    ])
    expect(found.get('none')).toEqual([
      [[], 'present'],
      [[], 'present'],
      [['none'], 'missing'],
    ])
    expect(found.get('one')).toEqual([
      [['y'], 'present'],
      [['y'], 'present'],
      [[''], 'present'],
    ])
  })

  it('that is a column gives what the same feature would compute', async () => {
    const list = fc.option(fc.array(fc.constantFrom('x', 'y', 'none', 'z'), { maxLength: 5 }))
    await fc.assert(
      fc.asyncProperty(fc.array(list, { maxLength: 10 }), async (lists) => {
        const records = lists.map((words, n) => ({ id: `i${n}`, attributes: { words } }))
        for (const [a, b] of (await cells(records, [words, computed], ['x'])).values())
          expect(a).toEqual(b)
      }),
    )
  })

  it('has its fallback where the page’s dictionary holds it, and where no page has the field', async () => {
    const held = await cells([{ id: 'a', attributes: { words: ['none'] } }, { id: 'b' }], [words])
    expect([...held.values()].flat()).toEqual([
      [['none'], 'present'],
      [['none'], 'missing'],
    ])
    expect((await cells([], [words], ['stranger'])).get('stranger')).toEqual([
      [['none'], 'missing'],
    ])
  })

  it.each([
    ['nothing', () => undefined],
    ['null', () => null as never],
    ['a number', () => 7 as never],
    ['a list that holds one', () => ['x', 7] as never],
    [
      'an error',
      () => {
        throw new Error('no')
      },
    ],
  ])('that computes to %s is its fallback, and missing', async (_, compute) => {
    const odd = category('odd', { reads: { candidate }, fallback: ['none'], compute })
    expect((await cells([{ id: 'a' }], [odd])).get('a')).toEqual([[['none'], 'missing']])
  })

  it('has room for more values than there are candidates', async () => {
    const many = Array.from({ length: 1_000 }, (_, n) => `w${n}`)
    const found = await cells([{ id: 'a', attributes: { words: many } }], [words, computed])
    expect(found.get('a')).toEqual([
      [many, 'present'],
      [many, 'present'],
    ])
  })
})

it('featurizes an empty pool', async () => {
  const constant = feature('constant', { reads: {}, fallback: 0, compute: () => 1 })
  expect((await cells([], [constant, numbers('x', (size) => size)])).size).toBe(0)
})
