import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { FieldValue } from '../../src/core/field.ts'
import {
  decodeFields,
  encodeFields,
  mergeFields,
  type OwnedFields,
  storedValues,
} from '../../src/wheel/record-fields.ts'

const write = fc.record({
  attributes: fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.option(fc.integer(), { nil: null })),
  updatedAtMs: fc.nat(5),
})

const merged = (
  writes: readonly { attributes: Record<string, FieldValue | null>; updatedAtMs: number }[],
) => {
  const fields: OwnedFields = new Map()
  for (const { attributes, updatedAtMs } of writes) mergeFields(fields, attributes, updatedAtMs)
  return fields
}

describe('fields of a record', () => {
  it('hold for each attribute the last of the latest values, whatever came before', () => {
    fc.assert(
      fc.property(fc.array(write), (writes) => {
        const fields = merged(writes)
        for (const name of ['a', 'b', 'c']) {
          const mine = writes.filter(({ attributes }) => Object.hasOwn(attributes, name))
          const latest = Math.max(...mine.map(({ updatedAtMs }) => updatedAtMs))
          const winner = mine.findLast(({ updatedAtMs }) => updatedAtMs === latest)
          expect(fields.get(name)).toEqual(winner && [winner.attributes[name], latest])
        }
      }),
    )
  })

  it('come out the same in any order of arrival where no two times are equal', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(write, { selector: ({ updatedAtMs }) => updatedAtMs }),
        (writes) => {
          const backwards = merged([...writes].reverse())
          expect(new Map(backwards)).toEqual(merged(writes))
        },
      ),
    )
  })

  it('say whether a write changed a value, a time or nothing', () => {
    const fields: OwnedFields = new Map()
    expect(mergeFields(fields, { a: ['x'] }, 5)).toBe('values')
    expect(mergeFields(fields, { a: ['x'] }, 5)).toBe('none')
    expect(mergeFields(fields, { a: ['y'] }, 4)).toBe('none')
    expect(mergeFields(fields, { a: ['x'] }, 6)).toBe('times')
    expect(mergeFields(fields, { b: null }, 6)).toBe('times')
    expect(mergeFields(fields, { a: null }, 7)).toBe('values')
  })

  it('survive being kept, and show a removed attribute as missing', () => {
    const fields = merged([{ attributes: { a: '\ud800', b: null }, updatedAtMs: 3 }])
    expect(decodeFields(encodeFields(fields))).toEqual(fields)
    expect(storedValues(fields)).toEqual(
      new Map([
        ['a', { value: '\ud800', status: 'present', updatedAtMs: 3 }],
        ['b', { value: null, status: 'missing', updatedAtMs: 3 }],
      ]),
    )
  })
})
