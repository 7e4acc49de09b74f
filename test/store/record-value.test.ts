import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { EdgewheelError } from '../../src/core/errors.ts'
import { STATUSES } from '../../src/core/field.ts'
import type { StoredValue } from '../../src/core/record.ts'
import { decodeRecord, encodeRecord, recordKey } from '../../src/store/record-value.ts'

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

const bytesOf = (document: unknown) => new TextEncoder().encode(JSON.stringify(document))

describe('record value', () => {
  it('gives back every field with its value, status and time', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), stored), (fields) => {
        const record = new Map(Object.entries(fields))
        expect(decodeRecord(encodeRecord(record))).toEqual(record)
      }),
      { numRuns: 500 },
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
        () => decodeRecord(bytes as Uint8Array),
        new TextDecoder().decode(bytes as Uint8Array),
      ).toThrow(EdgewheelError)
  })

  it('has a key of printable ASCII, within what every store takes', () => {
    expect(recordKey('user', 'u_42')).toBe('record/user/u_42')
    expect(recordKey('e'.repeat(64), 'i'.repeat(128)).length).toBeLessThan(512)
  })
})
