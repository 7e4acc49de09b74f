import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { offPolicyEstimates } from '../../src/model/off-policy.ts'

const rows = fc.array(
  fc.record({
    weight: fc.double({ min: 0, max: 20, noNaN: true }),
    reward: fc.integer({ min: 0, max: 1 }),
  }),
  { minLength: 2, maxLength: 30 },
)

describe('offPolicyEstimates', () => {
  it('is the mean of the logs under the logging policy itself', () => {
    const estimates = offPolicyEstimates({ weights: [1, 1, 1], rewards: [1, 0, 0] }, 10)
    expect(estimates).toMatchObject({ ips: 1 / 3, snips: 1 / 3, effectiveSampleSize: 3 })
    expect([estimates.dm, estimates.dr, estimates.sndr]).toEqual([null, null, null])
  })

  it('leaves self-normalised estimates undefined without overlap', () => {
    const model = { ofAction: [0.9], ofPolicy: [0.3] }
    const estimates = offPolicyEstimates({ weights: [0], rewards: [1], model }, 10)
    expect(estimates).toMatchObject({ snips: null, sndr: null, snipsInterval: null, dr: 0.3 })
    expect(estimates.effectiveSampleSize).toBe(0)
  })

  it('leaves means undefined without rows, and the IPS interval with a single one', () => {
    expect(offPolicyEstimates({ weights: [], rewards: [] }, 10)).toMatchObject({
      ips: null,
      onPolicyMean: null,
      maxWeight: null,
    })
    expect(offPolicyEstimates({ weights: [1], rewards: [1] }, 10).ipsInterval).toBeNull()
  })

  it('keeps SNIPS within the rewards and its value under a scale of the weights', () => {
    fc.assert(
      fc.property(rows, fc.double({ min: 0.1, max: 10, noNaN: true }), (logs, scale) => {
        const rewards = logs.map(({ reward }) => reward)
        const weights = logs.map(({ weight }) => weight)
        fc.pre(weights.some((weight) => weight > 1e-6))
        const { snips, effectiveSampleSize } = offPolicyEstimates({ weights, rewards }, 10)
        const scaled = offPolicyEstimates({ weights: weights.map((w) => w * scale), rewards }, 10)
        expect(snips).toBeGreaterThanOrEqual(0)
        expect(snips).toBeLessThanOrEqual(1 + 1e-12)
        expect(scaled.snips).toBeCloseTo(snips!, 9)
        expect(effectiveSampleSize).toBeLessThanOrEqual(logs.length + 1e-9)
      }),
    )
  })
})
