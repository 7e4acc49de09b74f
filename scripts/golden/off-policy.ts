import * as z from 'zod'
import { offPolicyEstimates } from '../../src/model/off-policy.ts'
import { expectations, goldenFormat, numbers } from './format.ts'

const row = z.object({
  action: z.number().int(),
  reward: z.number(),
  pb: z.number(),
  pe: numbers,
  q: numbers,
})
const log = z.object({
  rows: z.array(row),
  expected: expectations.and(z.object({ clippedIPS_M: z.number().optional() })),
})

const schema = z.union([
  z.array(log).min(1),
  log.transform((single) => [single]),
  z
    .record(z.string(), log)
    .refine((logs) => Object.keys(logs).length > 0)
    .transform((logs) => Object.values(logs)),
])

/** Off-policy estimators; a document is logs by name, a list of logs, or one log. */
export const offPolicy = goldenFormat('ope', schema, (logs, comparison) => {
  logs.forEach(({ rows, expected }, at) => {
    comparison.cases++
    const weights = rows.map(({ pe, pb, action }) => pe[action] / pb)
    const model = {
      ofAction: rows.map(({ q, action }) => q[action]),
      ofPolicy: rows.map(({ pe, q }) => pe.reduce((sum, p, action) => sum + p * q[action], 0)),
    }
    const { clippedIPS_M: clip = Number.POSITIVE_INFINITY, ...quantities } = expected
    const rewards = rows.map(({ reward }) => reward)
    const estimates = offPolicyEstimates({ weights, rewards, model }, clip)
    comparison.compare(`[${at}]`, quantities, {
      weights,
      IPS: estimates.ips,
      SNIPS: estimates.snips,
      DM: estimates.dm,
      DR: estimates.dr,
      SNDR: estimates.sndr,
      clippedIPS: estimates.clippedIps,
      mean_weight: estimates.meanWeight,
      max_weight: estimates.maxWeight,
      ess: estimates.effectiveSampleSize,
      on_policy_mean_of_logs: estimates.onPolicyMean,
      IPS_normal95: estimates.ipsInterval,
      SNIPS_delta95: estimates.snipsInterval,
    })
  })
})
