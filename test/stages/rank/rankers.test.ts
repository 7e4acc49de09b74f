import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { plackettLuceList } from '../../../src/model/propensities.ts'
import { epsilonGreedy } from '../../../stages/rank/epsilon-greedy.ts'
import { plackettLuce } from '../../../stages/rank/plackett-luce.ts'
import { proportional } from '../../../stages/rank/proportional.ts'
import { topK } from '../../../stages/rank/top-k.ts'
import golden from '../../golden/propensity.json' with { type: 'json' }
import { chance, draw, judge, type Setting } from './slates.ts'

function free(ranker: Setting['ranker'], scores: ArrayLike<number>, slots: number): Setting {
  return { ranker, constraints: [], columns: [], scores: Float64Array.from(scores), slots }
}

describe.each(golden)('golden propensities of $scores', (fixture) => {
  const { scores, temperature, epsilon, list, slots, expected } = fixture

  it('are those of epsilon-greedy', () => {
    const setting = free(epsilonGreedy({ epsilon }), scores, 1)
    scores.forEach((_, row) => {
      expect(judge(setting, [row])[0]).toBeCloseTo(expected.epsilon_greedy_single_slot[row], 9)
    })
  })

  it('are those of Plackett–Luce, slot by slot', () => {
    const setting = free(plackettLuce({ temperature }), scores, slots)
    const { sequential, list_probability } = expected.plackett_luce_list
    const judged = judge(setting, list)
    sequential.forEach((p, slot) => {
      expect(judged[slot]).toBeCloseTo(p, 9)
    })
    expect(judged.reduce((product, p) => product * p, 1)).toBeCloseTo(list_probability, 9)
  })
})

describe('topK', () => {
  it('takes the best first, ties to the lower row, with propensity 1', () => {
    const { choices } = draw(free(topK(), [1, 3, 3, 2, 3], 5))
    expect(choices.map(({ index }) => index)).toEqual([1, 2, 4, 3, 0])
    expect(choices.every(({ propensity }) => propensity === 1)).toBe(true)
  })

  it('orders many rows as a stable sort does', () => {
    const random = chance(5)
    const scores = Array.from({ length: 500 }, () => random.below(40))
    const sorted = scores.map((_, row) => row).sort((a, b) => scores[b] - scores[a] || a - b)
    expect(draw(free(topK(), scores, 100)).choices.map(({ index }) => index)).toEqual(
      sorted.slice(0, 100),
    )
  })
})

describe('epsilonGreedy', () => {
  it('gives ties to the lower row', () => {
    expect([...judge(free(epsilonGreedy({ epsilon: 0.2 }), [5, 5], 1), [0])]).toEqual([0.9])
  })

  it('is top-k at epsilon 0 and a shuffle at epsilon 1', () => {
    expect(judge(free(epsilonGreedy({ epsilon: 0 }), [1, 2], 1), [1])[0]).toBe(1)
    expect(judge(free(epsilonGreedy({ epsilon: 1 }), [1, 2, 3, 4], 1), [0])[0]).toBe(0.25)
  })

  it('refuses an epsilon that is no share', () => {
    expect(() => epsilonGreedy({ epsilon: 1.1 })).toThrow(/1.1/)
    expect(() => epsilonGreedy({ epsilon: Number.NaN })).toThrow(/NaN/)
  })
})

describe('plackettLuce', () => {
  it('agrees with the formula for long lists, however far apart the scores are', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -1e4, max: 1e4, noNaN: true }), { minLength: 2, maxLength: 90 }),
        fc.constantFrom(1e-3, 0.3, 1, 50, 1e6),
        fc.nat(),
        (scores, temperature, seed) => {
          const setting = free(plackettLuce({ temperature }), scores, scores.length)
          const { choices } = draw(setting, chance(seed))
          const list = choices.map(({ index }) => index)
          const exact = plackettLuceList(scores, temperature, list)
          choices.forEach(({ propensity }, slot) => {
            expect(Math.abs(propensity - exact[slot])).toBeLessThanOrEqual(1e-10 * exact[slot])
          })
        },
      ),
      { numRuns: 200, seed: 9 },
    )
  })

  it('refuses a temperature that is not above 0', () => {
    for (const temperature of [0, -1, Number.NaN, Number.POSITIVE_INFINITY])
      expect(() => plackettLuce({ temperature })).toThrow(/temperature|above 0/)
  })
})

describe('proportional', () => {
  it('is Plackett–Luce on the logarithm of the score', () => {
    const scores = [0.8, 0.4, 0.1, 0.05]
    const exact = plackettLuceList(scores.map(Math.log), 1 / 3, [1, 0, 3])
    const judged = judge(free(proportional({ power: 3 }), scores, 3), [1, 0, 3])
    exact.forEach((p, slot) => {
      expect(judged[slot]).toBeCloseTo(p, 12)
    })
  })

  it('explores the same however small the scores of a model are', () => {
    const scores = [0.8, 0.4, 0.1]
    const small = scores.map((score) => score / 4096)
    const of = (values: number[]) => [...judge(free(proportional({ power: 8 }), values, 2), [1, 0])]
    expect(of(small)).toEqual(of(scores))
  })

  it('shuffles a page of worthless rows', () => {
    expect(judge(free(proportional({ power: 8 }), [0, -1, 0, -5], 1), [3])[0]).toBe(0.25)
  })

  it('refuses a power that is not above 0', () => {
    for (const power of [0, -1, Number.NaN, Number.POSITIVE_INFINITY])
      expect(() => proportional({ power })).toThrow(/above 0/)
  })
})
