import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { DECISION_MAX_BYTES, encodeDecision } from '../../src/core/decision-bounds.ts'
import { decodeDecision, packDecision } from '../../src/core/decision-codec.ts'
import { type DecisionEvent, decisionEvent, loggedRequest } from '../../src/core/decision-event.ts'
import {
  type Constraint,
  category,
  choose,
  clock,
  column,
  context,
  defineUseCase,
  feature,
  type LinearModel,
  labels,
  propensitiesOf,
  source,
} from '../../src/core/index.ts'
import { featureMatrix } from '../../src/core/matrix.ts'
import { murmur3 } from '../../src/core/murmur3.ts'
import { type Plan, planOf } from '../../src/core/plan.ts'
import { seededRandom } from '../../src/core/random.ts'
import { runChain } from '../../src/core/run.ts'
import { Trace } from '../../src/core/trace.ts'
import { Item } from '../../stages/entities.ts'
import { popular } from '../../stages/generate/popular.ts'
import { boost } from '../../stages/rank/boost.ts'
import { maxPerGroup } from '../../stages/rank/max-per-group.ts'
import { mmr } from '../../stages/rank/mmr.ts'
import { pin } from '../../stages/rank/pin.ts'
import { linear } from '../../stages/score/linear.ts'
import { requestOf } from '../fixtures/catalogue.ts'
import { virtualClock } from '../fixtures/clock.ts'
import { FILMS } from '../fixtures/stages.ts'
import { rankers } from '../stages/rank/slates.ts'

const shuffled = source('shuffled', {
  limit: 25,
  reads: {},
  generate: (_, { items, random }) => ({
    slots: Int32Array.from({ length: 40 }, () => random.below(items.size)),
    scores: Float32Array.from({ length: 40 }, () => random.float()),
    sorted: true,
  }),
})

const features = [
  column('year', Item, 'year', { fallback: 0 }),
  column('heat', Item, 'batch_decayed_90d', { fallback: -1, map: Math.log1p }),
  feature('hour', { reads: { clock }, fallback: 0, compute: ({ clock }) => (clock / 3.6e6) % 24 }),
  feature('absent', {
    reads: { item: Item.pick('available') },
    fallback: 0.1,
    compute: ({ item }) => (item.available ? 1 : 0),
  }),
  labels('genres', Item, 'genres', { fallback: [] }),
  category('who', {
    reads: { asked: context({ who: z.string() }) },
    fallback: ['guest'],
    compute: ({ asked }) => asked.who,
  }),
] as const

const constraintSets: readonly (readonly Constraint[])[] = [
  [],
  [maxPerGroup(Item, 'genres', 2)],
  [pin({ 2: 'f9', 4: 'f50' }), mmr(Item, 'genres', { lambda: 0.6 })],
  [
    pin({ 1: 'f3' }),
    boost('recent', {
      reads: { item: Item.pick('year') },
      by: 0.5,
      when: ({ item }) => item.year > 2000,
    }),
    mmr(Item, 'genres', { lambda: 0.8 }),
    maxPerGroup(Item, 'genres', 3),
  ],
]

const plans = rankers.flatMap((rank) =>
  constraintSets.map((constraints) =>
    planOf(
      defineUseCase({
        id: 'home',
        owner: 'tests',
        candidates: Item,
        request: { who: z.string().optional() },
        generate: [popular, shuffled],
        featurize: features,
        score: linear({
          bias: -0.3,
          prior: { year: 0.01, heat: 0.2, hour: 0.01, genres: { values: { Comedy: 0.4 } } },
        }),
        rank,
        constraints,
        objective: { click: 1, dismiss: -1 },
        exposure: 'served',
        fallback: ['f0'],
      }),
    ),
  ),
)

const hashedModel: LinearModel = {
  objective: { click: 1, dismiss: -0.5 },
  heads: [
    {
      outcome: 'click',
      link: 'logit',
      bias: -1,
      terms: [
        { feature: 'heat', transform: { kind: 'standardize', mean: 3, std: 1.5 }, weight: 0.7 },
        {
          features: ['who', 'genres'],
          transform: { kind: 'hash', seed: 3, buckets: 8 },
          indices: [0, 1, 2, 3, 4, 5],
          weights: [0.3, -0.1, 0.2, 0.11, -0.6, 0.9],
        },
      ],
    },
    {
      outcome: 'dismiss',
      link: 'logit',
      bias: -2,
      terms: [{ feature: 'absent', transform: { kind: 'missing' }, weight: 1 }],
    },
  ],
}

function seedOf(decisionId: string): Uint8Array {
  return createHash('sha256').update(decisionId).digest()
}

async function decided(plan: Plan, decisionId: string, model: LinearModel | null, limit: number) {
  const seed = seedOf(decisionId)
  const time = virtualClock()
  const trace = new Trace()
  const who = ['ann', 'bob', undefined][limit % 3]
  const slate = await runChain(plan, {
    request: requestOf({
      limit,
      context: who ? { who } : {},
      exclude: new Set(['f1', `f${limit}`]),
    }),
    recent: [],
    nowMs: time.nowMs(),
    random: seededRandom(seed),
    rankRandom: seededRandom(seed.subarray(16)),
    clock: time,
    deadlineMs: time.nowMs() + 100,
    items: FILMS,
    records: new Map(),
    scorer: model && scorerOf(plan, model),
    trace,
  })
  const event = decisionEvent(plan, slate, {
    decisionId,
    decidedAtMs: time.nowMs(),
    model: model && 'home@3',
    variant: 'control',
    degraded: trace.degraded,
    trace: trace.stages,
  })
  return { slate, event }
}

function scorerOf({ useCase }: Plan, model: LinearModel | null) {
  return useCase.score.bind(useCase.featurize, useCase.objective, model)
}

/** What an event says, in plain values that compare bit for bit. */
function plainOf(event: DecisionEvent) {
  const { matrix, rankColumns, retrieval, scores, sources, ...rest } = event
  const cell = (index: number, row: number) => {
    const at = index * matrix.stride + row
    const column = matrix.categories[index]
    const value = column
      ? textsOf(column, row)
      : Object.is(matrix.values[at], -0)
        ? '-0'
        : matrix.values[at]
    return [value, matrix.status[at]]
  }
  const textsOf = (
    column: { offsets: Int32Array; codes: Int32Array; dictionary: readonly string[] },
    row: number,
  ) =>
    [...column.codes.subarray(column.offsets[row], column.offsets[row + 1])].map(
      (code) => column.dictionary[code],
    )
  return {
    ...JSON.parse(JSON.stringify(rest)),
    scores: [...new BigUint64Array(scores.slice().buffer)],
    sources: [...sources],
    retrieval: retrieval.map((list) => [...new Uint32Array(list.slice().buffer)]),
    cells: event.ids.map((_, row) => event.features.map((_, index) => cell(index, row))),
    rank: rankColumns.map((column) =>
      event.ids.map((_, row) =>
        column.kind === 'codes' ? textsOf(column, row) : column.values[row],
      ),
    ),
  }
}

describe('a logged decision', () => {
  it('comes back bit for bit, and replays to the same slate and propensities', async () => {
    for (let i = 0; i < 1_000; i++) {
      const plan = plans[i % plans.length]
      const model = i % 2 === 0 ? hashedModel : null
      const { event, slate } = await decided(plan, `decision-${i}`, model, 1 + (i % 20))
      const back = decodeDecision(encodeDecision(event))
      expect(back.complete).toBe(true)
      if (i % 10 < 2) expect(plainOf(back)).toEqual(plainOf(event))
      // From here on only what the record holds, and the chain's code.
      expect(scorerOf(plan, model).score(back.matrix)).toEqual(back.scores)
      const { rank, constraints } = plan.useCase
      const again = choose(
        rank,
        constraints,
        back.rankColumns,
        back.scores,
        back.limit,
        seededRandom(seedOf(back.decisionId).subarray(16)),
      )
      expect(again.choices).toEqual(back.choices)
      expect(again.relaxed).toEqual(back.relaxed)
      expect(back.choices.map(({ index }) => back.ids[index])).toEqual(
        slate.items.map(({ id }) => id),
      )
      const judged = propensitiesOf(
        rank,
        constraints,
        back.rankColumns,
        back.scores,
        back.choices.map(({ index }) => index),
      )
      expect([...judged]).toEqual(back.choices.map(({ propensity }) => propensity))
    }
  }, 60_000)

  it('keeps what a fallback served, with an empty pool', async () => {
    const plan = plans[0]
    const { event } = await decided(plan, 'x', null, 5)
    const empty: DecisionEvent = {
      ...event,
      ids: [],
      sources: new Uint32Array(),
      retrieval: event.sourceNames.map(() => new Float32Array()),
      scores: new Float64Array(),
      matrix: featureMatrix(
        0,
        plan.useCase.featurize.map(({ kind }) => kind === 'category'),
      ),
      choices: [],
      fallback: ['f0'],
    }
    expect(plainOf(decodeDecision(encodeDecision(empty)))).toEqual(plainOf(empty))
  })

  it('is refused, never misread as something else than a record, where bytes are wrong', async () => {
    const { event } = await decided(plans[3], 'y', hashedModel, 5)
    const bytes = encodeDecision(event)
    for (const bad of [new Uint8Array(0), new Uint8Array(64), bytes.slice(0, -9), bytes.slice(1)])
      expect(() => decodeDecision(bad)).toThrow(expect.objectContaining({ code: 'invalid_format' }))
    for (let at = 0; at < Math.min(bytes.length, 3_000); at++) {
      const changed = bytes.slice()
      changed[at] ^= 1 << (at % 8)
      try {
        decodeDecision(changed)
      } catch (error) {
        expect(error).toMatchObject({ code: 'invalid_format' })
      }
    }
  })
})

/** A decision as large as asked for, with ids like those of a shop and numbers that do not repeat. */
function large(rows: number, featureCount: number, idOf: (row: number) => string): DecisionEvent {
  const categories = 4
  const kinds = Array.from({ length: featureCount }, (_, i) => i >= featureCount - categories)
  const matrix = featureMatrix(rows, kinds)
  const noise = seededRandom(new Uint8Array(16).fill(9))
  for (let i = 0; i < matrix.values.length; i++) {
    matrix.values[i] = noise.float()
    if (noise.below(20) === 0) matrix.status[i] = 2
  }
  const dictionary = Array.from({ length: 60 }, (_, i) => `Category ${i}`)
  for (const column of matrix.categories) {
    if (column === null) continue
    column.dictionary = dictionary
    column.codes = Int32Array.from({ length: rows * 3 }, () => noise.below(60))
    for (let row = 0; row < rows; row++) column.offsets[row + 1] = 3 * (row + 1)
  }
  const sourceNames = ['neighbours', 'taste_matches', 'popular', 'trending', 'newest', 'random']
  const sources = Uint32Array.from({ length: rows }, () => 1 + noise.below(63))
  const tags = matrix.categories[featureCount - 1]
  return {
    decisionId: '01996a1e-6a7b-7c3d-8e4f-5a6b7c8d9e0f',
    decidedAtMs: 1_790_000_000_000,
    useCase: 'movies-home',
    chain: '0123456789abcdef',
    ranker: { name: 'plackett_luce', temperature: 0.03 },
    constraints: [{ name: 'max_per_genres', field: 'genres', max: 12 }],
    model: 'movies-home@12',
    variant: 'control',
    degraded: [],
    request: loggedRequest(
      requestOf({ exclude: new Set(Array.from({ length: 100 }, (_, i) => idOf(i))) }),
    ),
    limit: 20,
    features: kinds.map((isCategory, i) => ({
      name: `feature_of_the_visitor_${i}`,
      kind: isCategory ? 'category' : 'number',
      hash: murmur3(`${i}`).toString(16).padStart(16, '0'),
    })),
    sourceNames,
    ids: Array.from({ length: rows }, (_, row) => idOf(row)),
    sources,
    retrieval: sourceNames.map((_, source) =>
      Float32Array.from(sources, (bits) => ((bits >>> source) & 1 ? noise.float() : Number.NaN)),
    ),
    scores: Float64Array.from({ length: rows }, () => noise.float()),
    matrix,
    rankColumns: tags ? [{ kind: 'codes', ...tags }] : [],
    choices: Array.from({ length: 20 }, (_, i) => ({ index: 7 * i, propensity: noise.float() })),
    relaxed: [],
    fallback: [],
    drops: Array.from({ length: 256 }, (_, i) => ({
      id: idOf(1_000 + i),
      stage: 'not_seen',
      reason: 'not_kept',
    })),
    trace: sourceNames.map((name) => ({
      stage: 'generate',
      name,
      in: 9742,
      out: 100,
      state: 'ok',
      ioMs: 0,
    })),
    complete: true,
  }
}

const uuid = (row: number) =>
  `${murmur3(`${row}`).toString(16).padStart(8, '0')}-6a7b-7c3d-8e4f-${String(row).padStart(12, '0')}`

describe('the size of a record', () => {
  it('is at most one unit of 64 KB at 200 candidates × 40 features', () => {
    for (const idOf of [(row: number) => String(row), uuid]) {
      const event = large(200, 40, idOf)
      const bytes = encodeDecision(event)
      expect(bytes.length).toBeLessThanOrEqual(64 * 1_024)
      const back = decodeDecision(bytes)
      expect(back.complete).toBe(true)
      expect(plainOf({ ...back, drops: [] })).toEqual(plainOf({ ...event, drops: [] }))
      expect(back.drops.length).toBeGreaterThanOrEqual(32)
    }
  })

  it('never passes 96 KB: the lowest scores go first, and the record says that it is not complete', () => {
    const event = large(500, 60, uuid)
    expect(packDecision(event).length).toBeGreaterThan(DECISION_MAX_BYTES)
    const back = decodeDecision(encodeDecision(event))
    expect(encodeDecision(event).length).toBeLessThanOrEqual(DECISION_MAX_BYTES)
    expect(back.complete).toBe(false)
    expect(back.ids.length).toBeGreaterThan(200)
    const served = event.choices.map(({ index }) => event.ids[index])
    expect(back.choices.map(({ index }) => back.ids[index])).toEqual(served)
    const all = plainOf(event)
    const kept = plainOf(back)
    const lost = event.ids.filter((id) => !back.ids.includes(id))
    const worstKept = Math.min(
      ...back.ids.map((id, row) => (served.includes(id) ? 1 : back.scores[row])),
    )
    for (const id of lost)
      expect(event.scores[event.ids.indexOf(id)]).toBeLessThanOrEqual(worstKept)
    back.ids.forEach((id, row) => {
      const before = event.ids.indexOf(id)
      for (const part of ['scores', 'sources', 'cells'] as const)
        expect(kept[part][row]).toEqual(all[part][before])
      expect(kept.rank[0][row]).toEqual(all.rank[0][before])
    })
  })

  it('holds for texts that alone would fill it', () => {
    const event = large(100, 40, (row) => `${row}${'~'.repeat(120)}`)
    const column = event.matrix.categories[39]!
    column.dictionary = column.dictionary.map((text) => text + '東'.repeat(20_000))
    const bytes = encodeDecision(event)
    expect(bytes.length).toBeLessThanOrEqual(DECISION_MAX_BYTES)
    const back = decodeDecision(bytes)
    expect(back.complete).toBe(false)
    expect(back.choices).toHaveLength(20)
  })
})

describe('loggedRequest', () => {
  it('leaves out the longest part of a request that is too long, and says so', () => {
    const exclude = new Set(Array.from({ length: 1_000 }, (_, i) => `${i}-${'x'.repeat(100)}`))
    const logged = loggedRequest(requestOf({ exclude, context: { who: 'ann' } }))
    expect(logged).toMatchObject({ context: { who: 'ann' }, limit: 10, omitted: ['exclude'] })
    expect(logged).not.toHaveProperty('exclude')
  })
})
