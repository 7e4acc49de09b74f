import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { plackettLuceMarginals } from '../../src/model/marginals.ts'
import { epsilonGreedy, plackettLuceList } from '../../src/model/propensities.ts'

const scores = fc.array(fc.double({ min: -3, max: 3, noNaN: true }), {
  minLength: 1,
  maxLength: 6,
})
const temperature = fc.double({ min: 0.1, max: 3, noNaN: true })

describe('epsilonGreedy', () => {
  it('sums to 1 and favours the first of the best', () => {
    expect(epsilonGreedy([1, 2, 2], 0.75)).toEqual(Float64Array.of(0.25, 0.5, 0.25))
    fc.assert(
      fc.property(scores, fc.double({ min: 0, max: 1, noNaN: true }), (values, epsilon) => {
        const sum = epsilonGreedy(values, epsilon).reduce((total, p) => total + p, 0)
        expect(sum).toBeCloseTo(1, 12)
      }),
    )
  })
})

describe('plackettLuceMarginals', () => {
  it('sums to 1 over the items of a slot, and over the slots of an item where all are drawn', () => {
    fc.assert(
      fc.property(scores, temperature, (values, t) => {
        const n = values.length
        const marginals = plackettLuceMarginals(values, t, n)
        for (let i = 0; i < n; i++) {
          let ofItem = 0
          let ofSlot = 0
          for (let s = 0; s < n; s++) {
            ofItem += marginals[i * n + s]
            ofSlot += marginals[s * n + i]
          }
          expect(ofItem).toBeCloseTo(1, 10)
          expect(ofSlot).toBeCloseTo(1, 10)
        }
      }),
    )
  })

  it('agrees with the conditional probability at the first slot', () => {
    fc.assert(
      fc.property(scores, temperature, (values, t) => {
        const marginals = plackettLuceMarginals(values, t, 1)
        values.forEach((_, item) => {
          expect(marginals[item]).toBeCloseTo(plackettLuceList(values, t, [item])[0], 12)
        })
      }),
    )
  })

  it('does not mind hopeless items, whichever way it sums', () => {
    const few = plackettLuceMarginals([2, 1, 0], 1, 3)
    const padded = [2, 1, 0, ...Array.from({ length: 27 }, () => -1000)]
    plackettLuceMarginals(padded, 1, 3)
      .subarray(0, few.length)
      .forEach((value, at) => {
        expect(value).toBeCloseTo(few[at], 12)
      })
  })

  it('refuses what it cannot compute', () => {
    expect(() => plackettLuceMarginals(new Float64Array(40), 1, 10)).toThrow(RangeError)
    expect(() => plackettLuceMarginals([1, 2], 1, 3)).toThrow(RangeError)
  })
})

describe('plackettLuceList', () => {
  it('stays a probability where the items left are far worse than those drawn', () => {
    const list = plackettLuceList([5000, 1, 0], 0.5, [0, 1, 2])
    expect(list[0]).toBe(1)
    expect(list[1]).toBeCloseTo(1 / (1 + Math.exp(-2)), 12)
    expect(list[2]).toBe(1)
  })
})
