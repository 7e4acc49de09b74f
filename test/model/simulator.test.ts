import { describe, expect, it } from 'vitest'
import { mulberry32 } from '../../src/core/mulberry32.ts'
import {
  expectedClicks,
  meanRelevance,
  orderByScore,
  standingProbabilities,
} from '../../src/model/simulator.ts'

const relevance = { users: 2, items: 4, rel: Float64Array.of(0.9, 0.1, 0.5, 0.2, 0, 0.4, 0.3, 0.8) }

describe('standingProbabilities', () => {
  it('sums to 1 over the ranks of a slot', () => {
    const standing = standingProbabilities(30, 12, 5)
    for (let slot = 0; slot < 5; slot++) {
      const sum = standing.subarray(slot * 30, (slot + 1) * 30).reduce((total, p) => total + p, 0)
      expect(sum).toBeCloseTo(1, 10)
    }
  })

  it('puts every item at its rank where all are candidates', () => {
    const standing = standingProbabilities(4, 4, 2)
    expect(standing[0]).toBeCloseTo(1, 12)
    expect(standing[4 + 1]).toBeCloseTo(1, 12)
    expect(standing[4]).toBe(0)
  })
})

describe('expectedClicks', () => {
  it('has the mean and the spread of simulated requests', () => {
    const order = orderByScore(meanRelevance(relevance))
    const expected = expectedClicks(relevance, { slots: 2, candidates: 4 }, () => order)
    const random = mulberry32(1)
    const requests = 40_000
    let sum = 0
    let squares = 0
    for (let n = 0; n < requests; n++) {
      const user = Math.floor(random() * 2)
      let clicks = 0
      for (let slot = 0; slot < 2; slot++) {
        const click = relevance.rel[user * 4 + order[slot]] / Math.log2(slot + 2)
        if (random() < click) clicks++
      }
      sum += clicks
      squares += clicks * clicks
    }
    const mean = sum / requests
    const sd = Math.sqrt(squares / requests - mean * mean)
    const error = expected.sdClicksPerRequest! / Math.sqrt(requests)
    expect(Math.abs(mean - expected.clicksPerRequest)).toBeLessThan(4 * error)
    expect(sd).toBeCloseTo(expected.sdClicksPerRequest!, 1)
  })
})
