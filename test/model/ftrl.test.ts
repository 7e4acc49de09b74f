import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ftrl } from '../../src/model/ftrl.ts'

const options = { alpha: 0.1, beta: 1, l1: 0.1, l2: 0.5 }
const size = 8
const example = fc.record({
  x: fc.array(fc.tuple(fc.nat(size - 1), fc.integer({ min: -4, max: 4 })), { maxLength: 12 }),
  y: fc.integer({ min: 0, max: 1 }),
})

describe('ftrl', () => {
  it('adds up repeated indices before it learns', () => {
    fc.assert(
      fc.property(fc.array(example, { maxLength: 10 }), (examples) => {
        const repeated = ftrl(size, options)
        const merged = ftrl(size, options)
        for (const { x, y } of examples) {
          const sums = new Map<number, number>()
          for (const [index, value] of x) sums.set(index, (sums.get(index) ?? 0) + value)
          const a = repeated.learn(
            x.map(([index]) => index),
            x.map(([, value]) => value),
            y,
          )
          const b = merged.learn([...sums.keys()], [...sums.values()], y)
          expect(a).toBe(b)
        }
        expect(repeated.state).toEqual(merged.state)
      }),
    )
  })

  it('returns the prediction made before the update', () => {
    const learner = ftrl(2, options)
    const before = learner.predict([0, 1], null)
    expect(learner.learn([0, 1], null, 1)).toBe(before)
    expect(learner.predict([0, 1], null)).toBeGreaterThan(before)
  })

  it('continues from a stored state', () => {
    const whole = ftrl(3, options)
    whole.learn([0, 1], [1, 2], 1)
    const resumed = ftrl(3, options, { z: whole.state.z.slice(), n: whole.state.n.slice() })
    expect(resumed.learn([1, 2], [1, 1], 0)).toBe(whole.learn([1, 2], [1, 1], 0))
    expect(resumed.state).toEqual(whole.state)
  })

  it('learns nothing from an example without importance, and takes more than 64 features', () => {
    const learner = ftrl(200, options)
    const indices = Array.from({ length: 200 }, (_, index) => index)
    learner.learn(indices, null, 1, 200, 0)
    expect(learner.state.n.every((n) => n === 0)).toBe(true)
    learner.learn(indices, null, 1)
    expect(learner.weight(199)).toBeGreaterThan(0)
  })
})
