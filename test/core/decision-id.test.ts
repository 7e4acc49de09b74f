import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { timeOfUuidv7, uuidv7 } from '../../src/core/decision-id.ts'

const times = fc.integer({ min: 0, max: 2 ** 48 - 1 })
const bytes = fc.uint8Array({ minLength: 10, maxLength: 10 })

describe('uuidv7', () => {
  it('is the example of RFC 9562, appendix A.6', () => {
    // 2022-02-22T19:22:22Z, rand_a 0xCC3, rand_b 0x18C4DC0C0C07398F.
    const random = Uint8Array.of(0x0c, 0xc3, 0x18, 0xc4, 0xdc, 0x0c, 0x0c, 0x07, 0x39, 0x8f)
    expect(uuidv7(0x017f22e279b0, random)).toBe('017f22e2-79b0-7cc3-98c4-dc0c0c07398f')
  })

  it('has version 7 and the RFC’s variant whatever the random bytes', () => {
    fc.assert(
      fc.property(times, bytes, (timeMs, random) => {
        expect(uuidv7(timeMs, random)).toMatch(
          /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
        )
      }),
    )
  })

  it('tells its time, and sorts by it as text', () => {
    fc.assert(
      fc.property(times, times, bytes, bytes, (a, b, left, right) => {
        expect(timeOfUuidv7(uuidv7(a, left))).toBe(a)
        if (a < b) expect(uuidv7(a, left) < uuidv7(b, right)).toBe(true)
      }),
    )
  })

  it('tells no time of what is no UUIDv7', () => {
    for (const text of [
      '',
      'x',
      '017f22e2-79b0-4cc3-98c4-dc0c0c07398f',
      '017f22e2-79b0-7cc3-18c4-dc0c0c07398f',
      '017F22E2-79B0-7CC3-98C4-DC0C0C07398F',
      '017f22e2-79b0-7cc3-98c4-dc0c0c07398f ',
    ])
      expect(timeOfUuidv7(text)).toBeNull()
  })
})
