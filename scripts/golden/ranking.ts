import * as z from 'zod'
import { randomOrderExpectation } from '../../src/model/random-order.ts'
import { coverage, gradedNdcg, rankingMetrics } from '../../src/model/ranking-metrics.ts'
import { expectations, goldenFormat, numbers, oneOrMore } from './format.ts'

const id = z.union([z.number(), z.string()])

const schema = z
  .object({
    binary: z.array(
      z.object({
        ranked: z.array(id),
        positives: z.array(id),
        k: z.number(),
        expected: expectations.nullable(),
      }),
    ),
    graded_ndcg: z.array(
      z.object({
        gains_in_ranked_order: numbers,
        k: z.number(),
        expected: z.number().nullable(),
      }),
    ),
    coverage: oneOrMore(
      z.object({
        lists: z.array(z.array(id)),
        catalogue: z.number(),
        k: z.number(),
        expected: z.number().nullable(),
      }),
    ),
    random_order_expectation: oneOrMore(
      z.object({
        candidates: z.number(),
        positives: z.number(),
        expected_at_10: expectations.nullable(),
      }),
    ),
  })
  .partial()
  .refine((document) => Object.keys(document).length > 0)

/** Ranking metrics of single lists, graded NDCG, coverage, and random orders. */
export const ranking = goldenFormat('ranking', schema, (document, comparison) => {
  document.binary?.forEach(({ ranked, positives, k, expected }, at) => {
    comparison.cases++
    const metrics = rankingMetrics(ranked, new Set(positives), k)
    comparison.compare(`binary[${at}]`, expected, metrics)
  })
  document.graded_ndcg?.forEach(({ gains_in_ranked_order, k, expected }, at) => {
    comparison.cases++
    comparison.compare(`graded_ndcg[${at}]`, expected, gradedNdcg(gains_in_ranked_order, k))
  })
  document.coverage?.forEach(({ lists, catalogue, k, expected }, at) => {
    comparison.cases++
    comparison.compare(`coverage[${at}]`, expected, coverage(lists, catalogue, k))
  })
  document.random_order_expectation?.forEach(({ candidates, positives, expected_at_10 }, at) => {
    comparison.cases++
    const expectation = randomOrderExpectation(candidates, positives, 10)
    comparison.compare(`random_order_expectation[${at}]`, expected_at_10, expectation)
  })
})
