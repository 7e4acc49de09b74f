import * as z from 'zod'
import { loadTruth } from '../../examples/simulator/truth.ts'
import {
  examination,
  expectedClicks,
  expectedClicksOfRandom,
  meanRelevance,
  orderByScore,
  type Relevance,
  type RequestShape,
} from '../../src/model/simulator.ts'
import { expectations, goldenFormat, numbers, oneOrMore, table } from './format.ts'

const relKey = 'rel[user][item]'

const smallSchema = oneOrMore(
  z.object({
    [relKey]: table,
    K: z.number().int(),
    candidates_per_request: z.number().int(),
    expected_ctr: expectations,
  }),
)

/** Expected click rates on a given table of relevances. */
export const smallSimulators = goldenFormat('simulator', smallSchema, (cases, comparison) => {
  cases.forEach((simulator, at) => {
    comparison.cases++
    const rows = simulator[relKey]
    const relevance: Relevance = {
      users: rows.length,
      items: rows[0].length,
      rel: Float64Array.from(rows.flat()),
    }
    const shape = { slots: simulator.K, candidates: simulator.candidates_per_request }
    const mean = orderByScore(meanRelevance(relevance))
    comparison.compare(`[${at}]`, simulator.expected_ctr, {
      random: expectedClicksOfRandom(relevance, shape.slots).ctr,
      best_static: expectedClicks(relevance, shape, () => mean).ctr,
      oracle: expectedClicks(relevance, shape, (user) => bestOf(relevance, user)).ctr,
    })
  })
})

const allKey = 'all 1000 items are candidates'
const someKey = '100 uniformly random candidates per request'
const referenceSchema = z.looseObject({
  users: z.number(),
  items: z.number(),
  K: z.number().int(),
  examination: numbers,
  mean_examination: z.number(),
  mean_rel: z.number(),
  [allKey]: expectations,
  [someKey]: expectations,
})

// The reference has six decimals.
const sixDecimals = { absolute: 1e-6 }

/** The exact part of the simulator reference, on the truth file of the example. */
export const simulatorReference = goldenFormat(
  'ref_simulator',
  referenceSchema,
  (document, comparison) => {
    const { relevance, positives } = loadTruth()
    const { users, items, rel } = relevance
    const slots = document.K
    const examinations = document.examination.map((_, at) => examination(at + 1))
    const { examination: expectedExamination, mean_examination, mean_rel } = document
    comparison.cases++
    comparison.compare(
      'document',
      {
        users: document.users,
        items: document.items,
        expectedExamination,
        mean_examination,
        mean_rel,
      },
      {
        users,
        items,
        expectedExamination: examinations,
        mean_examination: examinations.reduce((sum, e) => sum + e, 0) / slots,
        mean_rel: rel.reduce((sum, value) => sum + value, 0) / rel.length,
      },
      sixDecimals,
    )
    const popularity = orderByScore(positives)
    const mean = orderByScore(meanRelevance(relevance))
    for (const [key, candidates] of [[allKey, items] as const, [someKey, 100] as const]) {
      const shape: RequestShape = { slots, candidates }
      const policies: Record<string, () => ReturnType<typeof expectedClicks>> = {
        random: () => expectedClicksOfRandom(relevance, slots),
        'popularity (MovieLens positives)': () =>
          expectedClicks(relevance, shape, () => popularity),
        'best static list (true mean relevance)': () =>
          expectedClicks(relevance, shape, () => mean),
        'oracle (true relevance per user)': () =>
          expectedClicks(relevance, shape, (user) => bestOf(relevance, user)),
      }
      for (const [name, expected] of Object.entries(document[key])) {
        comparison.cases++
        const clicks = policies[name]?.()
        const actual = clicks && {
          ctr: clicks.ctr,
          clicks_per_request: clicks.clicksPerRequest,
          ctr_by_position: clicks.ctrByPosition,
          sd_clicks_per_request: clicks.sdClicksPerRequest,
          'sd_clicks_per_request(approx)': undefined,
        }
        comparison.compare(`${key}.${name}`, withoutApproximation(expected), actual, sixDecimals)
      }
    }
    comparison.notComputed.push(
      { path: `${allKey}.random.sd_clicks_per_request(approx)`, reason: 'an approximation' },
      { path: 'linear model …', reason: 'the fit behind it is not specified exactly' },
      { path: 'reference flywheel …', reason: 'measured with random draws, not exact' },
    )
  },
)

function bestOf({ items, rel }: Relevance, user: number): Int32Array {
  return orderByScore(rel.subarray(user * items, (user + 1) * items))
}

function withoutApproximation(expected: unknown): unknown {
  if (typeof expected !== 'object' || expected === null) return expected
  return Object.fromEntries(Object.entries(expected).filter(([key]) => !key.includes('(approx)')))
}
