import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decimalOf, survivesFloat32 } from '../../src/core/float32.ts'

/** The definition, without the fast path. */
function shortest(float32: number): number {
  for (let digits = 1; digits <= 9; digits++) {
    const decimal = Number(float32.toPrecision(digits))
    if (Math.fround(decimal) === float32) return decimal
  }
  return float32
}

describe('float32', () => {
  it('gives back the decimal that was pushed', () => {
    for (const value of [3.7, 1995, 0.25, -0.1, 0, -0, 1e-3, 123456, 99999.9, 1e20, 2 ** 24])
      expect(Object.is(decimalOf(Math.fround(value)), value), String(value)).toBe(true)
  })

  it('says which numbers do not survive', () => {
    for (const value of [1790000000000, Math.PI, 2 ** 24 + 1, 1e-60, 1e39, 0.1 + 0.2])
      expect(survivesFloat32(value), String(value)).toBe(false)
    for (const value of [3.7, 1995, 0.25, 2 ** 24 + 2]) expect(survivesFloat32(value)).toBe(true)
  })

  it('keeps every decimal of up to six digits', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -999_999, max: 999_999 }),
        fc.integer({ min: -20, max: 1 }),
        (digits, exponent) => survivesFloat32(Number(`${digits}e${exponent}`)),
      ),
      { numRuns: 5_000 },
    )
  })

  it('finds the shortest decimal of any float32', () => {
    fc.assert(
      fc.property(fc.float({ noNaN: true, noDefaultInfinity: true }), (float32) => {
        const decimal = decimalOf(float32)
        expect(Math.fround(decimal)).toBe(float32)
        if (!Number.isInteger(float32)) expect(decimal).toBe(shortest(float32))
      }),
      { numRuns: 20_000 },
    )
  })
})
