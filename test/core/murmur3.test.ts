import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { mulberry32 } from '../../src/core/mulberry32.ts'
import { murmur3, murmur3Bytes } from '../../src/core/murmur3.ts'

const encoder = new TextEncoder()

describe('murmur3', () => {
  it('hashes a text as it hashes its UTF-8 bytes, wherever those stand', () => {
    const text = fc.oneof(fc.string(), fc.string({ unit: 'binary' }))
    fc.assert(
      fc.property(text, fc.integer({ min: 0, max: 0xffffffff }), fc.nat(5), (value, seed, gap) => {
        const bytes = encoder.encode(value)
        const padded = new Uint8Array(bytes.length + 2 * gap).fill(255)
        padded.set(bytes, gap)
        const hash = murmur3(value, seed)
        expect(murmur3Bytes(bytes, seed)).toBe(hash)
        expect(murmur3Bytes(padded, seed, gap, gap + bytes.length)).toBe(hash)
        expect(hash).toBe(hash >>> 0)
      }),
      { numRuns: 500 },
    )
  })

  it('notices a byte beyond ASCII in the tail as in the body', () => {
    for (const text of ['é', 'abcdé', 'abcdefé', 'éabcdefg', '日本語x', '\ud800']) {
      expect(murmur3(text, 7)).toBe(murmur3Bytes(encoder.encode(text), 7))
    }
  })
})

describe('mulberry32', () => {
  it('gives the same numbers for the same seed, all in [0, 1)', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const a = mulberry32(seed)
        const b = mulberry32(seed)
        for (let n = 0; n < 20; n++) {
          const value = a()
          expect(value).toBe(b())
          expect(value >= 0 && value < 1).toBe(true)
        }
      }),
    )
  })
})
