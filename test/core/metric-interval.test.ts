import { describe, expect, it } from 'vitest'
import { wilson } from '../../src/core/interval.ts'

describe('the Wilson interval', () => {
  it('is the published one', () => {
    // Newcombe 1998, table I, method 3.
    const published = [
      [81, 263, 0.2553, 0.3662],
      [15, 148, 0.0624, 0.1605],
      [0, 20, 0, 0.1611],
      [1, 29, 0.0061, 0.1718],
    ]
    for (const [successes, trials, low, high] of published) {
      const found = wilson(successes, trials)
      expect(found?.rate).toBe(successes / trials)
      expect(found?.low).toBeCloseTo(low, 4)
      expect(found?.high).toBeCloseTo(high, 4)
    }
  })

  it('lies within 0 and 1, and around the rate', () => {
    for (const trials of [1, 2, 7, 1_000, 1e9])
      for (const successes of [0, 1, Math.floor(trials / 2), trials]) {
        const { rate, low, high } = wilson(successes, trials) ?? { rate: 0, low: -1, high: -1 }
        expect(low).toBeGreaterThanOrEqual(0)
        expect(high).toBeLessThanOrEqual(1)
        expect(low <= rate && rate <= high).toBe(true)
      }
  })

  it('is none where there is no share', () => {
    expect(wilson(0, 0)).toBeNull()
    expect(wilson(3, 2)).toBeNull()
    expect(wilson(Number.NaN, 2)).toBeNull()
  })
})
