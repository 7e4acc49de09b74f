import { describe, expect, it } from 'vitest'
import { QUICK, ratioOf, spread } from '../../bench/measure/paired.ts'
import { assertSamePage } from '../../bench/pass/contest.ts'
import { measurePass } from '../../bench/pass/run.ts'

describe('the bench', () => {
  it('runs the pass, and every contender fills the same page', async () => {
    const measurements = await measurePass(QUICK, [{ rows: 40, features: 16 }], ['node'])
    expect(measurements.map(({ name }) => name)).toEqual([
      'pass: 40 candidates × 16 features in Node',
    ])
    const { figures } = measurements[0]
    expect(figures.slice(0, 3).map(({ what }) => what)).toEqual([
      'edgewheel',
      'objects and Map',
      'objects and Map / edgewheel',
    ])
    for (const { value } of figures) expect(value.median).toBeGreaterThan(0)
  })

  it('fails where pages differ', () => {
    expect(() => assertSamePage({ a: ['1', '2'], b: ['2', '1'] })).toThrow('a and b disagree')
  })

  it('compares round by round', () => {
    const rounds = {
      names: ['a', 'b'],
      cpuUs: [
        [1, 10, 100],
        [2, 20, 300],
      ],
    }
    expect(ratioOf(rounds, 'b', 'a').median).toBe(2)
    expect(spread([4, 1, 2, 3])).toEqual({ median: 2.5, lowerQuartile: 1.75, upperQuartile: 3.25 })
  })
})
