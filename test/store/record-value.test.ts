import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { count, rate, seen } from '../../src/core/aggregate/declare.ts'
import { HOUR_MS } from '../../src/core/duration.ts'
import { defineEntity } from '../../src/core/entity.ts'
import { EdgewheelError } from '../../src/core/errors.ts'
import { STATUSES } from '../../src/core/field.ts'
import { type IdSet, MAX_KNOWN_IDS } from '../../src/core/id-set.ts'
import type { StoredValue } from '../../src/core/record.ts'
import {
  decodeRecord,
  encodeRecord,
  recordKey,
  untouchedRecord,
} from '../../src/store/record-value.ts'

const number = fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => (n === 0 ? 0 : n))
const value = fc.oneof(
  number,
  fc.boolean(),
  fc.string({ unit: 'binary' }),
  fc.array(number),
  fc.array(fc.string({ unit: 'binary' })),
)
const stored: fc.Arbitrary<StoredValue> = fc.oneof(
  fc.record({ value, status: fc.constantFrom(...STATUSES), updatedAtMs: fc.nat() }),
  fc.record({
    value: fc.constant(null),
    status: fc.constantFrom('null', 'missing', 'stale'),
    updatedAtMs: fc.nat(),
  }),
)

const Plain = defineEntity('plain', { layout: 'keyed', owner: 'tests', attributes: {} })
const Person = defineEntity('person', {
  layout: 'keyed',
  owner: 'tests',
  attributes: { name: z.string() },
  aggregates: {
    clicks_1h: count('click', { window: '1h' }),
    ctr: rate('click', 'impression', { prior: [1, 4] }),
    seen: seen('click'),
  },
})
const NOW_MS = Date.UTC(2026, 8, 1)

const bytesOf = (document: unknown) => new TextEncoder().encode(JSON.stringify(document))

describe('record value', () => {
  it('gives back every field with its value, status and time', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), stored), (fields) => {
        const record = new Map(Object.entries(fields))
        expect(decodeRecord(encodeRecord(record), NOW_MS, Plain)).toEqual(record)
      }),
      { numRuns: 500 },
    )
  })

  const clickOf = (item: string, timeMs: number) => ({
    ...{ id: `c-${item}`, type: 'click', item, user: 'u', position: null, value: Number.NaN },
    ...{ timeMs, useCase: null, variant: null, model: null, properties: {} },
  })

  it('gives aggregates as of the time they are read', () => {
    const set = Person.aggregates
    const record = set.create()
    for (const item of ['1', '2']) set.apply(record, clickOf(item, NOW_MS))
    const attributes = new Map([
      ['name', { value: 'Ada', status: 'present', updatedAtMs: 5 } as const],
    ])
    const bytes = encodeRecord(attributes, set.encode(record))
    const at = (nowMs: number) => decodeRecord(bytes, nowMs, Person)
    expect(at(NOW_MS).get('name')?.value).toBe('Ada')
    expect(at(NOW_MS).get('clicks_1h')?.value).toBe(2)
    expect(at(NOW_MS + HOUR_MS).get('clicks_1h')?.value).toBe(0)
    expect(at(NOW_MS).get('ctr')).toEqual({ value: 0.75, status: 'present', updatedAtMs: NOW_MS })
    const ids = at(NOW_MS).get('seen')?.value as IdSet
    expect([ids.has('1'), ids.has('3'), ids.size]).toEqual([true, false, 2])
    expect([...decodeRecord(bytes, NOW_MS, Person, ['clicks_1h', 'name']).keys()]).toEqual([
      'name',
      'clicks_1h',
    ])
  })

  it('of before there were aggregates has the values that no events make', () => {
    const old = bytesOf({ version: 1, fields: [['name', ['Ada', 5]]] })
    const record = decodeRecord(old, NOW_MS, Person)
    expect(record.get('name')?.value).toBe('Ada')
    record.delete('name')
    expect(record).toEqual(untouchedRecord(Person, NOW_MS))
    expect(record.get('ctr')).toEqual({ value: 0.25, status: 'defaulted', updatedAtMs: 0 })
  })

  it('knows every one of thousands of seen ids, in 16 KB, and hardly any other', () => {
    const set = Person.aggregates
    for (const count of [MAX_KNOWN_IDS, 10_000]) {
      const record = set.create()
      for (let n = 0; n < count; n++) set.apply(record, clickOf(`item-${n}`, NOW_MS))
      const bytes = encodeRecord(new Map(), set.encode(record))
      expect(bytes.length).toBeLessThan(18_000)
      const ids = decodeRecord(bytes, NOW_MS, Person).get('seen')?.value as IdSet
      let missed = 0
      let wrong = 0
      for (let n = 0; n < count; n++) if (!ids.has(`item-${n}`)) missed++
      for (let n = 0; n < 10_000; n++) if (ids.has(`other-${n}`)) wrong++
      expect(missed).toBe(0)
      expect(wrong / 10_000).toBeLessThan(0.006)
      expect(Math.abs(ids.size / count - 1)).toBeLessThan(0.02)
    }
  })

  it('is the same set of ids whatever the order in which they came', () => {
    const set = Person.aggregates
    const clicks = Array.from({ length: 4_200 }, (_, n) => clickOf(String(n * 37), NOW_MS))
    const bytes = [clicks, clicks.toReversed(), [...clicks, ...clicks.slice(0, 100)]].map(
      (list) => {
        const record = set.create()
        for (const click of list) set.apply(record, click)
        return set.encode(set.decode(set.encode(record)))
      },
    )
    // Twice counts twice, but is seen once.
    expect(bytes[1]).toEqual(bytes[0])
    const ids = set.decode(bytes[2])
    const seenIds = set.valueAt(ids, 'seen', NOW_MS).value as IdSet
    expect(seenIds.size).toBe(
      (set.valueAt(set.decode(bytes[0]), 'seen', NOW_MS).value as IdSet).size,
    )
  })

  it('is refused where it was cut, or is no record of this version', () => {
    const whole = encodeRecord(new Map([['é', { value: 'ü', status: 'present', updatedAtMs: 5 }]]))
    const entries: unknown[] = [
      ...Array.from({ length: whole.length }, (_, length) => whole.slice(0, length)),
      ...[null, 3, [], {}, { version: 2, fields: [] }, { version: 1 }].map(bytesOf),
      ...[
        [['a']],
        [['a', null]],
        [['a', [1]]],
        [['a', [null, 1]]],
        [['a', [{}, 1]]],
        [['a', [[1, 'x'], 1]]],
        [['a', [1, 1, 9]]],
        [[3, [1, 1]]],
        [
          ['a', [1, 1]],
          ['a', [1, 1]],
        ],
      ].map((fields) => bytesOf({ version: 1, fields })),
      new Uint8Array([...whole.slice(0, -1), 0xff]),
    ]
    for (const bytes of entries)
      expect(
        () => decodeRecord(bytes as Uint8Array, NOW_MS, Plain),
        new TextDecoder().decode(bytes as Uint8Array),
      ).toThrow(EdgewheelError)
  })

  it('has a key of printable ASCII, within what every store takes', () => {
    expect(recordKey('user', 'u_42')).toBe('record/user/u_42')
    expect(recordKey('e'.repeat(64), 'i'.repeat(128)).length).toBeLessThan(512)
  })
})
