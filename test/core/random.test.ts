import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../src/core/random.ts'

describe('seededRandom', () => {
  it('gives fixed numbers for a seed, on every engine and in every version', () => {
    // From an independent implementation of sfc32 in whole-number arithmetic.
    const golden = [
      { seed: new Uint8Array(16), numbers: [0.939679543059181, 0.03381405911075186] },
      {
        seed: Uint8Array.from({ length: 16 }, (_, i) => i),
        numbers: [0.19995669519062254, 0.42980020754184134, 0.6292342552646152],
      },
      {
        seed: new Uint8Array(16).fill(255),
        numbers: [0.7800596841898052, 0.12097864215522414, 0.4780727901471077],
      },
    ]
    for (const { seed, numbers } of golden) {
      const random = seededRandom(seed)
      expect(numbers.map(() => random.float())).toEqual(numbers)
    }
  })

  it('reads 16 bytes from where its view begins', () => {
    const whole = new Uint8Array(32).fill(9)
    whole.fill(3, 16)
    const apart = seededRandom(new Uint8Array(16).fill(3))
    expect(seededRandom(whole.subarray(16)).float()).toBe(apart.float())
  })

  it('refuses a seed that is too short', () => {
    expect(() => seededRandom(new Uint8Array(8))).toThrow(RangeError)
  })

  it('is uniform in [0, 1)', () => {
    const random = seededRandom(new Uint8Array(16).fill(1))
    const buckets = new Array<number>(20).fill(0)
    const draws = 200_000
    for (let i = 0; i < draws; i++) {
      const number = random.float()
      if (!(number >= 0 && number < 1)) throw new RangeError(`${number} is not in [0, 1)`)
      buckets[Math.floor(number * 20)]++
    }
    const expected = draws / 20
    const chiSquare = buckets.reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0)
    // The 99.9 % point of χ² with 19 degrees of freedom; the seed is fixed.
    expect(chiSquare).toBeLessThan(43.8)
  })

  it('draws whole numbers below a bound, each equally often', () => {
    const random = seededRandom(new Uint8Array(16).fill(2))
    const counts = new Array<number>(7).fill(0)
    for (let i = 0; i < 70_000; i++) counts[random.below(7)]++
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(400)
    expect(counts).toHaveLength(7)
  })
})
