import { describe, expect, it } from 'vitest'
import { orderedBy, rankedByKeys, statusAt, valueAt } from '../../src/core/table.ts'
import { tableFrom } from '../fixtures/catalogue.ts'

const table = tableFrom([
  { id: 'a', attributes: { title: 'A', genres: ['x', 'y'], year: 1990, available: false } },
  null,
  { id: 'b', attributes: { genres: [], year: null, neighbour_scores: [0.5, 0.1] } },
  { id: 'c', attributes: { year: 1995.5 }, status: { year: 'defaulted' } },
  { id: 'd', attributes: { year: 2000 }, status: { year: 'stale' } },
])

const at = (id: string, field: string) => valueAt(table.column(field), table.slotOf(id))

describe('a table', () => {
  it('finds live records by id and no others', () => {
    expect(['a', 'b', 'c', 'd'].map((id) => table.slotOf(id))).toEqual([0, 2, 3, 4])
    expect(['', 'x', 'A'].map((id) => table.slotOf(id))).toEqual([-1, -1, -1])
    expect([table.size, table.live]).toEqual([5, 4])
  })

  it('gives values exactly as they were pushed', () => {
    expect(at('a', 'title')).toBe('A')
    expect(at('a', 'genres')).toEqual(['x', 'y'])
    expect(at('a', 'available')).toBe(false)
    expect(at('b', 'genres')).toEqual([])
    expect(at('b', 'neighbour_scores')).toEqual([0.5, 0.1])
  })

  it('gives a value where it is present or defaulted, and none where null, missing or stale', () => {
    expect(['a', 'b', 'c', 'd', 'x'].map((id) => at(id, 'year'))).toEqual([
      1990,
      undefined,
      1995.5,
      undefined,
      undefined,
    ])
    expect([0, 2, 3, 4, -1].map((slot) => statusAt(table.column('year'), slot))).toEqual([
      0, 1, 4, 3, 2,
    ])
    expect(statusAt(table.column('no_such_field'), 0)).toBe(2)
  })

  it('gives columns by kind, and null for another kind', () => {
    expect(table.numberColumn('available')?.kind).toBe('boolean')
    expect(table.numberColumn('title')).toBeNull()
    expect(table.stringsColumn('neighbour_scores')).toBeNull()
    expect(table.numbersColumn('neighbour_scores')?.kind).toBe('numbers')
  })

  it('computes an index once', () => {
    let calls = 0
    const index = () => table.memo('index', () => ++calls)
    expect([index(), index()]).toEqual([1, 1])
  })
})

describe('orderedBy', () => {
  it('orders live slots by value, ties and unknown ones by slot', () => {
    const tied = tableFrom([
      { id: 'none' },
      { id: 'two', attributes: { year: 2 } },
      null,
      { id: 'also-two', attributes: { year: 2 } },
      { id: 'null', attributes: { year: null } },
      { id: 'nine', attributes: { year: 9 } },
    ])
    const { slots, scores, sorted } = orderedBy(tied, 'year')
    expect(Array.from(slots, (slot) => tied.ids[slot])).toEqual([
      'nine',
      'two',
      'also-two',
      'none',
      'null',
    ])
    expect([...scores]).toEqual([9, 2, 2, 0, 0])
    expect(sorted).toBe(true)
    expect(orderedBy(tied, 'year').slots).toBe(slots)
  })

  it('keeps the order of the catalogue for a field that no page carries', () => {
    expect([...orderedBy(table, 'no_such_field').slots]).toEqual([0, 2, 3, 4])
  })
})

describe('rankedByKeys', () => {
  it('orders by any key, negative ones and infinities too', () => {
    const keys = Float64Array.of(-1, 5, Number.NEGATIVE_INFINITY, 3, Number.POSITIVE_INFINITY)
    expect([...rankedByKeys(table, keys).slots]).toEqual([4, 3, 0, 2])
  })
})
