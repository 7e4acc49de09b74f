import * as z from 'zod'
import { decayedPopularity } from '../../src/model/decayed-popularity.ts'
import { ease } from '../../src/model/ease.ts'
import { type Incidence, incidence, rowOf } from '../../src/model/incidence.ts'
import { cosineNeighbours, neighbourScores } from '../../src/model/neighbours.ts'
import { temporalCut } from '../../src/model/temporal-cut.ts'
import type { Comparison } from './comparison.ts'
import { expectations, goldenFormat, numbers, oneOrMore, table } from './format.ts'

const interactionsKey = 'interactions[user][item]'
const eventsKey = 'events[item,unix_seconds]'

const models = {
  [interactionsKey]: table,
  k: z.number().int(),
  shrink: z.number(),
  lambda: z.number(),
  expected: expectations,
}
const others = {
  decayed_popularity: oneOrMore(
    z.object({
      [eventsKey]: z.array(z.tuple([z.number().int(), z.number()])),
      T: z.number(),
      half_life_days: z.number(),
      expected: z.record(z.string(), z.number()),
    }),
  ),
  temporal_cut: oneOrMore(
    z.object({
      timestamps: numbers,
      T80: z.number(),
      T90: z.number(),
      train: z.number(),
      validation: z.number(),
      test: z.number(),
    }),
  ),
}
const document = z.union([
  z.object({ ...models, ...z.object(others).partial().shape }),
  z
    .object(others)
    .partial()
    .refine((parts) => Object.keys(parts).length > 0),
])

/** Candidate models on a small matrix, decayed popularity, and the temporal cut. */
export const candidates = goldenFormat('candidates', oneOrMore(document), (parts, comparison) => {
  parts.forEach((part, at) => {
    if (interactionsKey in part) {
      comparison.cases++
      const actual = candidateModels(part[interactionsKey], part.k, part.shrink, part.lambda)
      comparison.compare(`[${at}]`, part.expected, actual)
    }
    part.decayed_popularity?.forEach((popularity) => {
      comparison.cases++
      compareDecay(`[${at}].decayed_popularity`, popularity, comparison)
    })
    part.temporal_cut?.forEach(({ timestamps, ...expected }) => {
      comparison.cases++
      comparison.compare(`[${at}].temporal_cut`, expected, cutCounts(timestamps))
    })
  })
})

function candidateModels(rows: number[][], k: number, shrink: number, lambda: number) {
  const items = rows[0]?.length ?? 0
  const pairs = rows.flatMap((row, user) =>
    row.flatMap((value, item) => (value === 0 ? [] : [[user, item]])),
  )
  const matrix = incidence(
    rows.length,
    items,
    pairs.map(([user]) => user),
    pairs.map(([, item]) => item),
  )
  const model = ease(matrix, lambda)
  const nearest = cosineNeighbours(matrix, { k, shrink })
  const histories = rows.map((_, user) => rowOf(matrix, user))
  return {
    cosine_shrunk: denseSimilarities(matrix, shrink),
    'knn_scores[user][item]': histories.map((history) => neighbourScores(nearest, history)),
    ease_B: Array.from({ length: items }, (_, item) => model.scores([item])),
    'ease_scores[user][item]': histories.map((history) => model.scores(history)),
  }
}

function denseSimilarities(matrix: Incidence, shrink: number): Float64Array[] {
  const all = cosineNeighbours(matrix, { k: Math.max(1, matrix.columns), shrink })
  return Array.from({ length: matrix.columns }, (_, item) => {
    const row = new Float64Array(matrix.columns)
    for (let at = all.offsets[item]; at < all.offsets[item + 1]; at++) {
      row[all.indices[at]] = all.scores[at]
    }
    return row
  })
}

function compareDecay(
  path: string,
  part: z.infer<typeof others.decayed_popularity>[number],
  comparison: Comparison,
): void {
  const itemOf = part[eventsKey].map(([item]) => item)
  const ids = [...new Set([...itemOf, ...Object.keys(part.expected).map(Number)])]
  const sums = decayedPopularity(
    ids.length,
    itemOf.map((item) => ids.indexOf(item)),
    part[eventsKey].map(([, timeS]) => timeS),
    part.T,
    part.half_life_days,
  )
  const actual = Object.fromEntries(ids.map((item, index) => [String(item), sums[index]]))
  comparison.compare(path, part.expected, actual)
}

function cutCounts(timestamps: number[]) {
  const cut = temporalCut(timestamps)
  if (cut === null) return null
  const { t80, t90 } = cut
  return {
    T80: t80,
    T90: t90,
    train: timestamps.filter((t) => t < t80).length,
    validation: timestamps.filter((t) => t >= t80 && t < t90).length,
    test: timestamps.filter((t) => t >= t90).length,
  }
}
