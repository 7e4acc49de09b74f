import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decimalOf } from '../../src/core/float32.ts'
import {
  bindLinear,
  category,
  feature,
  type LinearModel,
  type LinearTerm,
} from '../../src/core/index.ts'
import { sigmoid } from '../../src/core/linear-model.ts'
import { type FeatureMatrix, featureMatrix } from '../../src/core/matrix.ts'
import { murmur3 } from '../../src/core/murmur3.ts'
import type { BoundScorer } from '../../src/core/stage.ts'
import golden from '../golden/murmur3.json' with { type: 'json' }

const NUMBERS = 10
const features = [
  ...Array.from({ length: NUMBERS }, (_, i) =>
    feature(`n${i}`, { reads: {}, fallback: 0, compute: () => 0 }),
  ),
  category('user', { reads: {}, fallback: [], compute: () => [] }),
  category('genres', { reads: {}, fallback: [], compute: () => [] }),
]
const USER = NUMBERS
const GENRES = NUMBERS + 1

/** A matrix from rows of numbers, users and genres. */
function matrixOf(
  rows: readonly { n: readonly number[]; user: readonly string[]; genres: readonly string[] }[],
): FeatureMatrix {
  const matrix = featureMatrix(
    rows.length,
    features.map(({ kind }) => kind === 'category'),
  )
  rows.forEach((row, r) => {
    row.n.forEach((value, i) => {
      matrix.values[i * matrix.stride + r] = value
      matrix.status[i * matrix.stride + r] = i === 9 ? r % 3 : 0
    })
  })
  for (const [index, name] of [
    [USER, 'user'],
    [GENRES, 'genres'],
  ] as const) {
    const dictionary = [...new Set(rows.flatMap((row) => row[name]))]
    const column = matrix.categories[index]!
    column.dictionary = dictionary
    column.codes = Int32Array.from(
      rows.flatMap((row) => row[name].map((v) => dictionary.indexOf(v))),
    )
    rows.forEach((row, r) => {
      column.offsets[r + 1] = column.offsets[r] + row[name].length
    })
  }
  return matrix
}

/** `raw` of a row by the letter of the contract: bias, then each contribution in order. */
function byHand(
  model: LinearModel,
  head: number,
  row: { n: readonly number[]; user: readonly string[]; genres: readonly string[] },
  r: number,
): number {
  const number = (name: string) => Math.fround(row.n[Number(name.slice(1))])
  const texts = (name: string) =>
    name === 'user' ? row.user : name === 'genres' ? row.genres : [String(decimalOf(number(name)))]
  let raw = model.heads[head].bias
  for (const term of model.heads[head].terms) {
    if ('features' in term) {
      let keys = ['']
      term.features.forEach((name, i) => {
        keys = keys.flatMap((key) =>
          texts(name).map((text) => `${key}${i > 0 ? '^' : ''}${name}=${text}`),
        )
      })
      for (const key of keys) {
        const at = term.indices.indexOf(murmur3(key, term.transform.seed) % term.transform.buckets)
        if (at >= 0) raw += term.weights[at]
      }
    } else if ('weight' in term) {
      const x = number(term.feature)
      const { transform } = term
      if (!transform || transform.kind === 'identity') raw += term.weight * x
      else if (transform.kind === 'log1p') raw += term.weight * Math.log1p(Math.max(x, 0))
      else if (transform.kind === 'standardize')
        raw += term.weight * ((x - transform.mean) / transform.std)
      else raw += term.weight * (term.feature === 'n9' && r % 3 !== 0 ? 1 : 0)
    } else if (term.transform.kind === 'bucketize') {
      const x = number(term.feature)
      raw += term.weights[term.transform.bounds.filter((bound) => bound <= x).length]
    } else
      for (const text of texts(term.feature)) {
        const at = term.transform.values.indexOf(text)
        if (at >= 0) raw += term.weights[at]
      }
  }
  return raw
}

const finite = fc.double({ min: -1e6, max: 1e6, noNaN: true })
const name = fc.integer({ min: 0, max: NUMBERS - 1 }).map((i) => `n${i}`)
const text = fc.constantFrom('a', 'Film-Noir', 'ü', '東京', '1', '0.5', 'x=y^z', '')
const hashes = fc.record({
  seed: fc.integer({ min: 0, max: 0xffffffff }),
  buckets: fc.constantFrom(1, 2, 16, 262_144),
})

function hashed(names: readonly string[]): fc.Arbitrary<LinearTerm> {
  return hashes.chain(({ seed, buckets }) =>
    fc
      .uniqueArray(fc.integer({ min: 0, max: Math.min(buckets, 40) - 1 }), { maxLength: 20 })
      .chain((some) =>
        fc.array(finite, { minLength: some.length, maxLength: some.length }).map((weights) => ({
          features: names,
          transform: { kind: 'hash' as const, seed, buckets },
          // Where there are many buckets, those of keys that do occur.
          indices:
            buckets > 16
              ? [
                  ...new Set(
                    some.map((i) => murmur3(`genres=${['a', 'ü'][i % 2]}`, seed) % buckets),
                  ),
                ]
              : some,
          weights,
        })),
      ),
  )
}

const term: fc.Arbitrary<LinearTerm> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ feature: name, weight: finite }) },
  fc.record({
    feature: name,
    transform: fc.constantFrom({ kind: 'identity' }, { kind: 'log1p' }, { kind: 'missing' }),
    weight: finite,
  }) as fc.Arbitrary<LinearTerm>,
  fc.record({
    feature: name,
    transform: fc.record({
      kind: fc.constant('standardize' as const),
      mean: finite,
      std: fc.double({ min: 1e-3, max: 1e3, noNaN: true }),
    }),
    weight: finite,
  }),
  fc.uniqueArray(fc.integer({ min: -5, max: 5 }), { maxLength: 6 }).chain((bounds) =>
    fc.record({
      feature: name,
      transform: fc.constant({
        kind: 'bucketize' as const,
        bounds: bounds.sort((a, b) => a - b),
      }),
      weights: fc.array(finite, { minLength: bounds.length + 1, maxLength: bounds.length + 1 }),
    }),
  ),
  fc.uniqueArray(text, { minLength: 1, maxLength: 5 }).chain((values) =>
    fc.record({
      feature: fc.constantFrom('genres', 'user', 'n0'),
      transform: fc.constant({ kind: 'onehot' as const, values }),
      weights: fc.array(finite, { minLength: values.length, maxLength: values.length }),
    }),
  ),
  fc
    .constantFrom(
      ['genres'],
      ['user', 'genres'],
      ['genres', 'n1'],
      ['n2', 'user', 'genres'],
      ['n3'],
    )
    .chain(hashed),
)

const row = fc.record({
  n: fc.array(fc.oneof(fc.integer({ min: -6, max: 6 }), finite), {
    minLength: NUMBERS,
    maxLength: NUMBERS,
  }),
  user: fc.array(text, { maxLength: 1 }),
  genres: fc.array(text, { maxLength: 4 }),
})

function modelOf(
  terms: readonly LinearTerm[],
  link: 'identity' | 'logit' = 'identity',
  bias = 0.25,
) {
  return { heads: [{ outcome: 'click', link, bias, terms }], objective: { click: 1 } }
}

function rawOf(scorer: BoundScorer, matrix: FeatureMatrix, r: number) {
  return scorer.explain(matrix, r).get('click')!
}

describe('linear scores', () => {
  it('are bias plus contributions in order, bit for bit, for every transform', () => {
    fc.assert(
      fc.property(
        fc.array(row, { minLength: 1, maxLength: 12 }),
        fc.array(term, { maxLength: 40 }),
        finite,
        (rows, terms, bias) => {
          const model = modelOf(terms, 'identity', bias)
          const matrix = matrixOf(rows)
          const scorer = bindLinear(model, features)
          for (let pass = 0; pass < 2; pass++) {
            const scores = scorer.score(matrix)
            rows.forEach((given, r) => {
              const { raw, contributions, bias: from } = rawOf(scorer, matrix, r)
              expect(scores[r]).toBe(raw)
              expect(
                contributions.reduce((sum, { contribution }) => sum + contribution, from),
              ).toBe(raw)
              expect(raw === byHand(model, 0, given, r)).toBe(true)
            })
          }
        },
      ),
      { numRuns: 400, seed: 6 },
    )
  })

  it('add runs of plain numbers in the order of the terms, however long the run', () => {
    const magnitudes = fc.double({ min: -1e12, max: 1e12, noNaN: true })
    fc.assert(
      fc.property(
        fc.array(row, { minLength: 1, maxLength: 9 }),
        fc.array(fc.record({ feature: name, weight: magnitudes }), {
          minLength: 24,
          maxLength: 35,
        }),
        fc.nat(34),
        (rows, plain, at) => {
          const other = { feature: 'n1', transform: { kind: 'log1p' as const }, weight: 0.3 }
          for (const terms of [plain, plain.toSpliced(at, 0, other)]) {
            const model = modelOf(terms)
            const matrix = matrixOf(rows)
            const scores = bindLinear(model, features).score(matrix)
            rows.forEach((given, r) => {
              expect(scores[r]).toBe(byHand(model, 0, given, r))
            })
          }
        },
      ),
      { numRuns: 200, seed: 3 },
    )
  })

  it('say of each contribution what it came from', () => {
    const matrix = matrixOf([
      { n: [0, 3, 0, 0, 0, 0, 0, 0, 0, 0], user: ['42'], genres: ['a', 'b'] },
    ])
    const seed = 7
    const index = murmur3('user=42^genres=b', seed) % 1024
    const scorer = bindLinear(
      modelOf([
        { feature: 'n1', transform: { kind: 'standardize', mean: 1, std: 4 }, weight: 2 },
        {
          features: ['user', 'genres'],
          transform: { kind: 'hash', seed, buckets: 1024 },
          indices: [index],
          weights: [0.5],
        },
      ]),
      features,
    )
    expect(rawOf(scorer, matrix, 0)).toEqual({
      raw: 1.75,
      bias: 0.25,
      link: 'identity',
      value: 1.75,
      contributions: [
        { feature: 'n1', value: 3, status: 'present', input: 0.5, weight: 2, contribution: 1 },
        {
          feature: 'user^genres',
          value: ['user=42', 'genres=a,b'],
          status: 'present',
          input: 'user=42^genres=b',
          weight: 0.5,
          contribution: 0.5,
        },
      ],
    })
  })

  it('find the golden buckets of a hashed key', () => {
    const keyed = golden.filter(({ text }) => /^user=[^^=]*(\^genres?=[^^=]*)?$/.test(text))
    expect(keyed.length).toBeGreaterThan(0)
    const named = [
      ...features.slice(0, GENRES),
      category('genre', { reads: {}, fallback: [], compute: () => [] }),
    ]
    for (const { text, seed, 'bucket_2^18': bucket } of keyed) {
      const [user, genre] = text.split('^').map((part) => part.split('=')[1])
      const scorer = bindLinear(
        modelOf([
          {
            features: genre === undefined ? ['user'] : ['user', 'genre'],
            transform: { kind: 'hash', seed, buckets: 2 ** 18 },
            indices: [bucket],
            weights: [8],
          },
        ]),
        named,
      )
      const matrix = matrixOf([{ n: [], user: [user], genres: genre === undefined ? [] : [genre] }])
      expect(scorer.score(matrix)[0], text).toBe(8.25)
    }
  })

  it('pass through the link of a single head', () => {
    const matrix = matrixOf([{ n: [2], user: [], genres: [] }])
    const scorer = bindLinear(modelOf([{ feature: 'n0', weight: 1 }], 'logit'), features)
    expect(scorer.score(matrix)[0]).toBe(sigmoid(2.25))
    expect(rawOf(scorer, matrix, 0)).toMatchObject({ raw: 2.25, value: sigmoid(2.25) })
  })

  it('are the objective’s sum over several heads', () => {
    const matrix = matrixOf([{ n: [2], user: [], genres: [] }])
    const head = { link: 'logit' as const, bias: 0, terms: [{ feature: 'n0', weight: 1 }] }
    const scorer = bindLinear(
      {
        heads: [
          { ...head, outcome: 'click' },
          { ...head, outcome: 'dismiss', bias: -3 },
        ],
        objective: { click: 2, dismiss: -1 },
      },
      features,
    )
    expect(scorer.heads).toEqual(['click', 'dismiss'])
    expect(scorer.score(matrix)[0]).toBe(2 * sigmoid(2) - sigmoid(-1))
    expect(scorer.explain(matrix, 0).get('dismiss')?.raw).toBe(-1)
  })

  it('write a number into a key as the shortest decimal of its float32', () => {
    const seed = 1
    const weightOf = (value: number, key: string): number => {
      const scorer = bindLinear(
        modelOf([
          {
            features: ['n0', 'user'],
            transform: { kind: 'hash', seed, buckets: 2 ** 18 },
            indices: [murmur3(key, seed) % 2 ** 18],
            weights: [1],
          },
        ]),
        features,
      )
      return scorer.score(matrixOf([{ n: [value], user: ['u'], genres: [] }]))[0] - 0.25
    }
    expect(weightOf(0.1, 'n0=0.1^user=u')).toBe(1)
    expect(weightOf(1995, 'n0=1995^user=u')).toBe(1)
    expect(weightOf(-0, 'n0=0^user=u')).toBe(1)
  })

  it('survive values that no page would hold', () => {
    const matrix = matrixOf([
      { n: [3e38, -3e38], user: ['u'.repeat(5_000)], genres: ['😀'.repeat(700), '\ud800'] },
    ])
    const scorer = bindLinear(
      modelOf([
        { feature: 'n0', weight: 1e300 },
        {
          features: ['user', 'genres', 'n1'],
          transform: { kind: 'hash', seed: 1, buckets: 1 },
          indices: [0],
          weights: [1],
        },
      ]),
      features,
    )
    expect(scorer.score(matrix)[0]).toBe(Number.POSITIVE_INFINITY)
    expect(rawOf(scorer, matrix, 0).contributions).toHaveLength(3)
  })
})

describe('bindLinear', () => {
  it.each<[string, LinearTerm, RegExp]>([
    ['an unknown feature', { feature: 'x', weight: 1 }, /no feature 'x'/],
    ['a number of a category', { feature: 'genres', weight: 1 }, /is a category/],
    ['a weight that is not finite', { feature: 'n0', weight: Number.NaN }, /not finite/],
    [
      'too few weights',
      { feature: 'n0', transform: { kind: 'bucketize', bounds: [1] }, weights: [1] },
      /one weight a bucket/,
    ],
  ])('refuses %s', (_, bad, message) => {
    expect(() => bindLinear(modelOf([bad]), features)).toThrow(
      expect.objectContaining({ code: 'model_rejected', message: expect.stringMatching(message) }),
    )
  })
})
