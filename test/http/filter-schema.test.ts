import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Entity } from '../../src/core/entity.ts'
import { parseFilter } from '../../src/core/request-filter.ts'
import { filterSchema } from '../../src/http/filter-schema.ts'
import { Product } from './fixtures/use-cases.ts'

const fields = (Product as unknown as Entity).fields

/** Values that suit a field's kind, so that only the shape is judged; wrong kinds are the parser's own matter. */
const operands: Readonly<Record<string, fc.Arbitrary<string | number>>> = {
  name: fc.constantFrom('a', ''),
  tags: fc.constantFrom('red', 'blue'),
  price: fc.constantFrom(-1, 0, 9.99),
}

const clause = fc
  .constantFrom(...(Object.keys(operands) as (keyof typeof operands)[]))
  .chain((field) => {
    const operand = operands[field]
    const ordered = field === 'tags' ? {} : { gt: operand, lte: operand }
    return fc.record(
      {
        field: fc.constant(field),
        eq: operand,
        ne: operand,
        in: fc.array(operand, { maxLength: 3 }),
        exists: fc.boolean(),
        ...ordered,
      },
      { requiredKeys: ['field'] },
    )
  })

const good = fc.letrec<{ node: unknown }>((tie) => ({
  node: fc.oneof(
    { depthSize: 'small', maxDepth: 3 },
    clause,
    fc.record({ all: fc.array(tie('node'), { maxLength: 3 }) }),
    fc.record({ any: fc.array(tie('node'), { maxLength: 3 }) }),
    fc.record({ not: tie('node') }),
  ),
})).node

/** A good filter with one place spoilt: another type, a key too many, a key gone. */
const spoilt = fc
  .tuple(
    good,
    fc.nat(),
    fc.constantFrom('foo', 'all', 'not', 'eq', 'in', 'exists', 'field'),
    fc.jsonValue({ maxDepth: 1 }),
  )
  .map(([filter, seed, key, value]) => {
    const copy = structuredClone(filter)
    const places: Record<string, unknown>[] = []
    const walk = (node: unknown): void => {
      if (node === null || typeof node !== 'object') return
      if (!Array.isArray(node)) places.push(node as Record<string, unknown>)
      for (const inner of Object.values(node)) walk(inner)
    }
    walk(copy)
    const place = places[seed % places.length]
    if (seed % 3 === 0) delete place[Object.keys(place)[seed % Object.keys(place).length]]
    else place[key] = value
    return copy
  })

/** The parser knows the fields and their kinds; of its objections, those about the shape. */
function acceptedByParser(filter: unknown): boolean {
  const { issues } = parseFilter(filter, fields, 'filter')
  return issues.length === 0
}

function isAboutFields(filter: unknown): boolean {
  return parseFilter(filter, fields, 'filter').issues.some(
    ({ message }) =>
      message.startsWith('unknown field') ||
      /^expected a (list of )?(string|number|boolean)s?$/.test(message) ||
      message.endsWith('has no order'),
  )
}

describe('the documented filter and the one that checks requests', () => {
  it('accept the same filters', () => {
    fc.assert(
      fc.property(good, (filter) => {
        expect(filterSchema.safeParse(filter).success).toBe(acceptedByParser(filter))
      }),
      { numRuns: 2_000 },
    )
  })

  it('reject the same shapes', () => {
    let rejected = 0
    fc.assert(
      fc.property(spoilt, (filter) => {
        if (isAboutFields(filter)) return
        const accepted = acceptedByParser(filter)
        if (!accepted) rejected++
        expect(filterSchema.safeParse(filter).success, JSON.stringify(filter)).toBe(accepted)
      }),
      { numRuns: 5_000 },
    )
    expect(rejected).toBeGreaterThan(500)
  })

  it('say no to values of the wrong kind, which only the parser can know', () => {
    for (const filter of [
      { field: 'price', eq: 'dear' },
      { field: 'tags', gt: 'a' },
      { field: 'name', in: [3] },
      { field: 'colour', eq: 'red' },
    ])
      expect(acceptedByParser(filter)).toBe(false)
  })

  it('survive a filter nested 100,000 deep', () => {
    let deep: unknown = { field: 'price', gt: 1 }
    for (let i = 0; i < 100_000; i++) deep = { not: deep }
    const { issues, overCaps } = parseFilter(deep, fields, 'filter')
    expect([issues.length, overCaps.length]).toEqual([0, 1])
  })
})
