import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { chance, draw, judge, type Setting, settings } from './slates.ts'

const SLATES = 20_000
const SCORES = [0.9, 0.2, 1.4, -0.5, 0.2, 1.1]

/** All slates that can come out, each with the product of its propensities. */
function tree(setting: Setting, picks: number[], slots: number): Map<string, number> {
  const all = new Map<string, number>()
  const walk = (list: number[], reached: number): void => {
    if (list.length === slots) {
      all.set(list.join(), reached)
      return
    }
    for (const row of picks) {
      if (list.includes(row)) continue
      const propensity = judge(setting, [...list, row])[list.length]
      if (propensity > 0) walk([...list, row], reached * propensity)
    }
  }
  walk([], 1)
  return all
}

describe.each(settings(SCORES, 3))('%s', (_, setting) => {
  const rows = SCORES.map((_, row) => row)

  it('draws each slate as often as the product of its propensities says', () => {
    const seen = new Map<string, number>()
    const random = chance(7)
    for (let i = 0; i < SLATES; i++) {
      const slate = draw(setting, random)
        .choices.map(({ index }) => index)
        .join()
      seen.set(slate, (seen.get(slate) ?? 0) + 1)
    }
    const expected = tree(setting, rows, 3)
    expect([...seen.keys()].filter((slate) => !expected.has(slate))).toEqual([])
    for (const [slate, p] of expected) {
      const error = Math.abs((seen.get(slate) ?? 0) - SLATES * p)
      expect(error, slate).toBeLessThanOrEqual(5 * Math.sqrt(SLATES * p * (1 - p)) + 1e-9)
    }
    expect([...expected.values()].reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 12)
  })

  it('gives propensities that add up to 1 over the rows at every slot', () => {
    const { choices } = draw(setting, chance(3))
    const list = choices.map(({ index }) => index)
    for (let slot = 0; slot < list.length; slot++) {
      const above = list.slice(0, slot)
      const sum = rows
        .filter((row) => !above.includes(row))
        .reduce((total, row) => total + judge(setting, [...above, row])[slot], 0)
      expect(sum).toBeCloseTo(1, 12)
    }
  })

  it('judges a slate with the bits it was drawn with', () => {
    for (let seed = 0; seed < 50; seed++) {
      const { choices } = draw({ ...setting, slots: 6 }, chance(seed))
      const judged = judge(
        setting,
        choices.map(({ index }) => index),
      )
      expect([...judged]).toEqual(choices.map(({ propensity }) => propensity))
    }
  })

  it('repeats itself from the same seed', () => {
    expect(draw(setting, chance(11))).toEqual(draw(setting, chance(11)))
  })
})

const extreme = fc.oneof(
  fc.double({ min: -5, max: 5, noNaN: true }),
  fc.constantFrom(
    0,
    -0,
    1e300,
    -1e300,
    1e-300,
    Number.MAX_VALUE,
    -Number.MAX_VALUE,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    Number.NaN,
  ),
)

describe('any scores', () => {
  it('fill every slot, once each, with finite propensities above 0 that add up to 1', () => {
    fc.assert(
      fc.property(
        fc.array(extreme, { minLength: 1, maxLength: 70 }),
        fc.integer({ min: 1, max: 100 }),
        fc.nat(),
        (scores, slots, seed) => {
          for (const [name, setting] of settings(scores, slots)) {
            const { choices, relaxed } = draw(setting, chance(seed))
            expect(choices.length, name).toBe(Math.min(slots, scores.length))
            expect(new Set(choices.map(({ index }) => index)).size, name).toBe(choices.length)
            for (const { index, propensity } of choices) {
              expect(index).toBeGreaterThanOrEqual(0)
              expect(propensity, name).toBeGreaterThan(0)
              expect(propensity, name).toBeLessThanOrEqual(1 + 1e-12)
            }
            for (const position of relaxed) expect(position).toBeLessThanOrEqual(choices.length)
            const list = choices.map(({ index }) => index)
            const slot = seed % list.length
            const above = list.slice(0, slot)
            let sum = 0
            for (let row = 0; row < scores.length; row++)
              if (!above.includes(row)) sum += judge(setting, [...above, row])[slot]
            expect(Math.abs(sum - 1), name).toBeLessThan(1e-9)
          }
        },
      ),
      { numRuns: 60, seed: 4 },
    )
  })
})
