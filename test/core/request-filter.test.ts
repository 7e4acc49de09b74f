import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  compileFilter,
  FILTER_CAPS,
  type FilterExpression,
  parseFilter,
} from '../../src/core/request-filter.ts'
import { Item } from '../../stages/entities.ts'
import { tableFrom } from '../fixtures/catalogue.ts'
import { films, filters, satisfies } from '../fixtures/filters.ts'

const table = tableFrom([
  { id: 'a', attributes: { title: 'Alien', genres: ['Horror', 'Scifi'], year: 1979 } },
  { id: 'b', attributes: { title: 'Brazil', genres: ['Comedy'], year: 1985, available: false } },
  { id: 'c', attributes: { title: 'Cube', genres: [], year: null, available: true } },
  { id: 'd', attributes: { batch_rating_mean: 3.7, neighbour_scores: [0.1, 0.2] } },
])

function matching(filter: FilterExpression): string {
  const test = compileFilter(filter, table)
  return table.ids.filter((_, slot) => test(slot)).join('')
}

describe('a filter', () => {
  it('compares numbers', () => {
    expect(matching({ field: 'year', gte: 1979 })).toBe('ab')
    expect(matching({ field: 'year', gt: 1979 })).toBe('b')
    expect(matching({ field: 'year', lt: 1985 })).toBe('a')
    expect(matching({ field: 'year', lte: 1985 })).toBe('ab')
    expect(matching({ field: 'year', eq: 1985 })).toBe('b')
    expect(matching({ field: 'year', in: [1979, 2000] })).toBe('a')
  })

  it('compares texts by code unit', () => {
    expect(matching({ field: 'title', gt: 'Alien' })).toBe('bc')
    expect(matching({ field: 'title', lt: 'B' })).toBe('a')
    expect(matching({ field: 'title', in: ['Cube', 'Alien', 'x'] })).toBe('ac')
  })

  it('takes eq on a list for contains and in for intersects', () => {
    expect(matching({ field: 'genres', eq: 'Scifi' })).toBe('a')
    expect(matching({ field: 'genres', in: ['Comedy', 'Horror'] })).toBe('ab')
    expect(matching({ field: 'genres', ne: 'Comedy' })).toBe('ac')
    expect(matching({ field: 'genres', in: [] })).toBe('')
    expect(matching({ field: 'neighbour_scores', eq: 0.1 })).toBe('d')
  })

  it('lets a missing or null value match nothing but exists: false', () => {
    expect(matching({ field: 'year', ne: 1 })).toBe('ab')
    expect(matching({ field: 'year', exists: false })).toBe('cd')
    expect(matching({ field: 'year', exists: true })).toBe('ab')
    expect(matching({ field: 'batch_positives', exists: false })).toBe('abcd')
    expect(matching({ field: 'batch_positives', lt: 9 })).toBe('')
    expect(matching({ field: 'available', eq: false })).toBe('b')
    expect(matching({ field: 'available', ne: true })).toBe('b')
  })

  it('takes not for the plain complement, missing values included', () => {
    expect(matching({ not: { field: 'year', gte: 1980 } })).toBe('acd')
    expect(matching({ not: { not: { field: 'year', gte: 1980 } } })).toBe('b')
  })

  it('asks all operators of a clause, all of all, one of any', () => {
    expect(matching({ field: 'year', gte: 1979, lt: 1985 })).toBe('a')
    expect(matching({ all: [] })).toBe('abcd')
    expect(matching({ any: [] })).toBe('')
    expect(
      matching({ any: [{ field: 'year', lt: 1980 }, { all: [{ field: 'title', eq: 'Cube' }] }] }),
    ).toBe('ac')
  })

  it('finds a decimal by the text it was pushed as, though the column holds float32', () => {
    expect(table.numberColumn('batch_rating_mean')?.values).toBeInstanceOf(Float32Array)
    expect(matching({ field: 'batch_rating_mean', eq: 3.7 })).toBe('d')
    expect(matching({ field: 'batch_rating_mean', gte: 3.7 })).toBe('d')
    expect(matching({ field: 'batch_rating_mean', gt: 3.7 })).toBe('')
    expect(matching({ field: 'batch_rating_mean', in: [3.7] })).toBe('d')
  })

  it('asks a candidate without a record as one that misses everything', () => {
    expect(compileFilter({ field: 'year', exists: false }, table)(-1)).toBe(true)
    expect(compileFilter({ field: 'year', gte: 0 }, table)(-1)).toBe(false)
    expect(compileFilter({ not: { field: 'year', gte: 0 } }, table)(-1)).toBe(true)
  })

  it('is what its words mean on plain objects', () => {
    fc.assert(
      fc.property(fc.array(films, { maxLength: 8 }), filters, (records, filter) => {
        const some = tableFrom(records.map((attributes, n) => ({ id: `i${n}`, attributes })))
        const test = compileFilter(filter, some)
        expect(records.map((_, slot) => test(slot))).toEqual(
          records.map((attributes) => satisfies(attributes, filter)),
        )
      }),
      { numRuns: 500 },
    )
  })
})

const parse = (filter: unknown) => parseFilter(filter, Item.fields, 'filter')
const clause = { field: 'year', gte: 1990 }

function joined(depth: number, inner: unknown): unknown {
  let filter = inner
  for (let i = 0; i < depth; i++) filter = i % 2 === 0 ? { all: [filter] } : { not: filter }
  return filter
}

describe('parseFilter', () => {
  it('takes every filter that fits the fields', () => {
    fc.assert(
      fc.property(filters, (filter) => {
        expect(parse(filter).issues).toEqual([])
      }),
    )
  })

  it.each([
    ['a text', 'x', 'filter', /clause/],
    ['a list', [], 'filter', /clause/],
    ['null', null, 'filter', /clause/],
    ['nothing', {}, 'filter.field', /name of a field/],
    ['an unknown field', { field: 'nope', eq: 1 }, 'filter.field', /unknown field 'nope'/],
    ['a field that is no text', { field: 7, eq: 1 }, 'filter.field', /name of a field/],
    ['no operator', { field: 'year' }, 'filter', /operator/],
    ['an unknown operator', { field: 'year', like: 1 }, 'filter.like', /unknown operator/],
    ['a text for a number', { field: 'year', eq: '1990' }, 'filter.eq', /number/],
    ['a number for a text', { field: 'title', eq: 1 }, 'filter.eq', /string/],
    ['a number for a truth', { field: 'available', eq: 1 }, 'filter.eq', /boolean/],
    ['a list for eq', { field: 'genres', eq: ['x'] }, 'filter.eq', /string/],
    ['a text for in', { field: 'genres', in: 'x' }, 'filter.in', /list of string/],
    ['a mixed list for in', { field: 'genres', in: ['x', 1] }, 'filter.in', /list of string/],
    ['an order of lists', { field: 'genres', gt: 'x' }, 'filter.gt', /no order/],
    ['an order of truths', { field: 'available', lt: true }, 'filter.lt', /no order/],
    ['a number for exists', { field: 'year', exists: 1 }, 'filter.exists', /true or false/],
    ['null for eq', { field: 'year', eq: null }, 'filter.eq', /number/],
    ['NaN', { field: 'year', eq: Number.NaN }, 'filter.eq', /number/],
    ['infinity', { field: 'year', lt: Number.POSITIVE_INFINITY }, 'filter.lt', /number/],
    ['all that is no list', { all: clause }, 'filter.all', /list/],
    ['a key beside all', { all: [clause], year: 1 }, 'filter.year', /unknown key beside all/],
    ['not of a list', { not: [clause] }, 'filter.not', /clause/],
  ])('refuses %s and says where', (_, filter, path, message) => {
    const { issues } = parse(filter)
    expect(issues[0]).toEqual({ path, message: expect.stringMatching(message) })
  })

  it('says the path of a fault deep inside, and of every field it uses', () => {
    const filter = { all: [clause, { any: [{ not: { field: 'nope', eq: 1 } }] }] }
    expect(parse(filter).issues).toEqual([
      { path: 'filter.all[1].any[0].not.field', message: "unknown field 'nope'" },
    ])
    expect(parse({ any: [clause, { not: clause }] }).fields).toEqual([
      { field: 'year', path: 'filter.any[0].field' },
      { field: 'year', path: 'filter.any[1].not.field' },
    ])
  })

  it('looks up fields and operators without the prototype', () => {
    for (const name of ['__proto__', 'constructor', 'toString'])
      expect(parse({ field: name, eq: 1 }).issues[0].path).toBe('filter.field')
    const polluted = JSON.parse('{"field":"year","eq":1,"__proto__":{"all":[]}}')
    expect(parse(polluted).issues).toEqual([
      { path: 'filter.__proto__', message: 'unknown operator' },
    ])
  })

  it('is over a cap only above it', () => {
    const atCaps = {
      all: Array.from({ length: FILTER_CAPS.clauses }, () => ({
        field: 'year',
        in: Array.from({ length: FILTER_CAPS.values }, (_, n) => n),
      })),
    }
    expect(parse(atCaps)).toMatchObject({ issues: [], overCaps: [] })
    expect(parse(joined(FILTER_CAPS.depth, clause))).toMatchObject({ issues: [], overCaps: [] })
    expect(parse(joined(FILTER_CAPS.depth + 1, clause)).overCaps).toHaveLength(1)
    expect(parse({ all: [...atCaps.all, clause] }).overCaps).toEqual([
      { path: 'filter.all[32]', message: 'more than 32 clauses' },
    ])
    const values = Array.from({ length: FILTER_CAPS.values + 1 }, (_, n) => n)
    expect(parse({ field: 'year', in: values }).overCaps).toEqual([
      { path: 'filter.in', message: 'more than 256 values' },
    ])
  })

  it('finds a schema error below and beside what is over a cap', () => {
    const { issues, overCaps } = parse(joined(100, { field: 'nope', eq: 1 }))
    expect(issues[0].message).toBe("unknown field 'nope'")
    expect(overCaps).toHaveLength(1)
  })

  it('survives a nesting of 10,000 with paths that stay short', () => {
    const deep = parse(joined(10_000, { field: 'nope', eq: 1 }))
    expect(deep.issues).toHaveLength(1)
    expect(deep.issues[0].path.length).toBeLessThan(100)
    expect(deep.overCaps).toHaveLength(1)
  })

  it('says at most 20 things, however much is wrong', () => {
    expect(parse({ all: Array.from({ length: 1_000 }, () => 7) }).issues).toHaveLength(20)
  })

  it('finds something wrong with whatever is no filter, and never throws', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), (json) => {
        expect(parse(json).issues.length).toBeGreaterThan(0)
      }),
    )
  })
})
