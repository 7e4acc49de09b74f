import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { column, defineEntity, feature, labels } from '../../src/core/index.ts'
import { type ArtifactMeta, artifactText, parseArtifact } from '../../src/model/artifact.ts'
import { decodePublished, encodePublished, stampOfPublished } from '../../src/model/published.ts'

const Item = defineEntity('item', {
  layout: 'paged',
  owner: 'tests',
  attributes: { genres: z.array(z.string()), year: z.number() },
})

const chain = {
  id: 'home',
  featurize: [
    column('year', Item, 'year', { fallback: 0 }),
    labels('genres', Item, 'genres', { fallback: [] }),
    feature('later', { reads: {}, fallback: 0, compute: () => 1 }),
  ],
  objective: { click: 1, rate: 3, dismiss: -1 },
}
const [year, genres] = chain.featurize

const terms = [
  { feature: 'year', weight: 2 },
  { feature: 'year', transform: { kind: 'standardize', mean: 2000, std: 10 }, weight: 0.5 },
  { feature: 'year', transform: { kind: 'bucketize', bounds: [1990, 2000] }, weights: [1, 2, 3] },
  { feature: 'genres', transform: { kind: 'onehot', values: ['Comedy'] }, weights: [0.4] },
  {
    features: ['year', 'genres'],
    transform: { kind: 'hash', seed: 7, buckets: 64 },
    indices: [3, 63],
    weights: [0.1, -0.2],
  },
]

/** A good artifact with one change. */
function artifact(change: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    format: 'edgewheel/linear@1',
    useCase: 'home',
    features: { year: year.hash, genres: genres.hash },
    objective: { click: 1 },
    heads: [{ outcome: 'click', link: 'logit', bias: -1, terms }],
    ...change,
  }
}

function withTerm(term: unknown) {
  return artifact({ heads: [{ outcome: 'click', link: 'logit', bias: 0, terms: [term] }] })
}

function reasons(input: unknown): string[] {
  const parsed = parseArtifact(input, chain)
  return 'rejected' in parsed
    ? parsed.rejected.map(({ path, message }) => `${path} | ${message}`)
    : []
}

describe('parseArtifact', () => {
  it('takes an artifact with every transform, and the features of the chain it does not use', () => {
    const parsed = parseArtifact(artifact(), chain)
    expect(parsed).toMatchObject({
      model: { heads: [{ terms }], objective: { click: 1 } },
      meta: { features: { year: year.hash, genres: genres.hash } },
    })
  })

  it('takes what it wrote', () => {
    const parsed = parseArtifact(JSON.stringify(artifact({ metrics: { auc: 0.7 } })), chain)
    if ('rejected' in parsed) throw new Error('rejected')
    const again = parseArtifact(artifactText(parsed.model, parsed.meta), chain)
    expect(again).toEqual(parsed)
    expect((again as { meta: ArtifactMeta }).meta.metrics).toEqual({ auc: 0.7 })
  })

  it('fills in the current hashes where features is left out', () => {
    const parsed = parseArtifact(artifact({ features: undefined }), chain)
    expect(parsed).toMatchObject({
      meta: { features: { year: year.hash, genres: genres.hash } },
    })
  })

  it('takes the use case’s objective where the artifact has none', () => {
    expect(parseArtifact(artifact({ objective: undefined }), chain)).toMatchObject({
      model: { objective: chain.objective },
    })
  })

  it.each<[string, unknown, string]>([
    ['no JSON', '{', ' | is not JSON'],
    ['more than 4 MB', `"${'x'.repeat(4 * 2 ** 20)}"`, ' | is larger than 4 MB'],
    ['more than 4 MB of UTF-8', `"${'é'.repeat(2 * 2 ** 20)}"`, ' | is larger than 4 MB'],
    ['another format', artifact({ format: 'edgewheel/linear@2' }), 'format |'],
    ['another use case', artifact({ useCase: 'shop' }), "useCase | is 'shop', not 'home'"],
    ['an unknown key', artifact({ haeds: [] }), ' | Unrecognized key: "haeds"'],
    ['no head', artifact({ heads: [] }), 'heads |'],
    [
      'an outcome twice',
      artifact({ heads: [0, 1].map(() => ({ outcome: 'click', link: 'logit', bias: 0, terms })) }),
      "heads[1].outcome | a second head for 'click'",
    ],
    [
      'an unknown outcome',
      artifact({ heads: [{ outcome: 'buy', link: 'logit', bias: 0, terms }] }),
      "heads[0].outcome | 'buy' is no outcome of the use case",
    ],
    [
      'an unknown outcome in the objective',
      artifact({ objective: { click: 1, buy: 2 } }),
      'objective.buy | is no outcome of the use case',
    ],
    [
      'one of several heads without a weight',
      artifact({
        heads: ['click', 'rate'].map((outcome) => ({ outcome, link: 'logit', bias: 0, terms })),
      }),
      "heads[1].outcome | objective has no weight for 'rate'",
    ],
    [
      'a single head that counts against',
      artifact({
        objective: { dismiss: -1 },
        heads: [{ outcome: 'dismiss', link: 'logit', bias: 0, terms }],
      }),
      'heads[0].outcome | a single head is ranked by its value; this one counts against',
    ],
    [
      'an infinite bias',
      JSON.stringify(artifact()).replace('"bias":-1', '"bias":1e999'),
      'heads[0].bias |',
    ],
    [
      'a NaN weight',
      withTerm({ feature: 'year', weight: Number.NaN }),
      'heads[0].terms[0].weight |',
    ],
    [
      'an infinite weight in a list',
      JSON.stringify(artifact()).replace('[0.1,-0.2]', '[0.1,-1e999]'),
      'heads[0].terms[4].weights[1] | expected a finite number',
    ],
    [
      'a standard deviation of 0',
      withTerm({
        feature: 'year',
        transform: { kind: 'standardize', mean: 0, std: 0 },
        weight: 1,
      }),
      'heads[0].terms[0].transform.std |',
    ],
    [
      'bounds that do not ascend',
      withTerm({
        feature: 'year',
        transform: { kind: 'bucketize', bounds: [1, 3, 3] },
        weights: [1, 2, 3, 4],
      }),
      'heads[0].terms[0].transform.bounds[2] | bounds must ascend',
    ],
    [
      'too few weights for the bounds',
      withTerm({
        feature: 'year',
        transform: { kind: 'bucketize', bounds: [1, 3] },
        weights: [1, 2],
      }),
      'heads[0].terms[0].weights | 2 weights for 3 buckets',
    ],
    [
      'too many weights for the values',
      withTerm({
        feature: 'genres',
        transform: { kind: 'onehot', values: ['a'] },
        weights: [1, 2],
      }),
      'heads[0].terms[0].weights | 2 weights for 1 values',
    ],
    [
      'an index beyond the buckets',
      withTerm({
        features: ['genres'],
        transform: { kind: 'hash', seed: 1, buckets: 8 },
        indices: [0, 8],
        weights: [1, 2],
      }),
      'heads[0].terms[0].indices[1] | 8 of 8 buckets',
    ],
    [
      'an index twice',
      withTerm({
        features: ['genres'],
        transform: { kind: 'hash', seed: 1, buckets: 8 },
        indices: [3, 3],
        weights: [1, 2],
      }),
      'heads[0].terms[0].indices | an index stands here twice',
    ],
    [
      'an index that is no whole number',
      withTerm({
        features: ['genres'],
        transform: { kind: 'hash', seed: 1, buckets: 8 },
        indices: [0.5],
        weights: [1],
      }),
      'heads[0].terms[0].indices[0] | expected a whole number from 0',
    ],
    [
      'a feature that the chain lacks',
      withTerm({ feature: 'price', weight: 1 }),
      "heads[0].terms[0].feature | the chain has no feature 'price'",
    ],
    [
      'a feature that is defined differently now',
      artifact({ features: { year: '0123456789abcdef', genres: genres.hash } }),
      `features.year | 'year' is defined differently now (${year.hash}, not 0123456789abcdef)`,
    ],
    [
      'a feature without its hash among the others',
      artifact({ features: { year: year.hash } }),
      "heads[0].terms[3].feature | features has no hash for 'genres'",
    ],
    [
      'a number’s transform on a category',
      withTerm({ feature: 'genres', transform: { kind: 'log1p' }, weight: 1 }),
      "heads[0].terms[0].feature | 'genres' is a category; log1p takes a number",
    ],
    [
      'a misspelt key in a term',
      withTerm({ feature: 'year', weigth: 1, weight: 1 }),
      'heads[0].terms[0] | Unrecognized key: "weigth"',
    ],
  ])('refuses %s', (_, input, reason) => {
    const found = reasons(input)
    expect(
      found.some((text) => text.startsWith(reason)),
      found.join('\n'),
    ).toBe(true)
  })

  it('names every reason, up to a bound', () => {
    const many = artifact({
      heads: [
        {
          outcome: 'click',
          link: 'logit',
          bias: 0,
          terms: Array.from({ length: 500 }, (_, i) => ({ feature: `f${i}`, weight: 1 })),
        },
      ],
    })
    expect(reasons(many)).toHaveLength(20)
  })

  it('never throws, whatever it is given', () => {
    const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`
    expect(reasons(`{"metrics":{"a":${deep}}}`).length).toBeGreaterThan(0)
    fc.assert(
      fc.property(fc.anything({ withBigInt: true, withNullPrototype: true }), (value) => {
        expect(reasons(value).length).toBeGreaterThan(0)
        expect(reasons(artifact({ heads: [value] })).length).toBeGreaterThan(0)
        expect(reasons(withTerm(value)).length).toBeGreaterThan(0)
      }),
      { numRuns: 300, seed: 1 },
    )
  })

  it('does not take an inherited property for a feature or an outcome', () => {
    expect(reasons(withTerm({ feature: '__proto__', weight: 1 }))[0]).toMatch(/no feature/)
    const inherited = artifact({
      heads: [{ outcome: 'constructor', link: 'logit', bias: 0, terms: [] }],
    })
    expect(reasons(inherited)[0]).toMatch(/no outcome/)
  })
})

describe('a published model', () => {
  it('comes back as it was, and says what it is in its first bytes', () => {
    const bytes = encodePublished(12, '{"a":"é"}')
    expect(decodePublished(bytes)).toEqual({ version: 12, artifact: { a: 'é' } })
    expect(stampOfPublished(bytes)).not.toBe(stampOfPublished(encodePublished(12, '{"a":"e"}')))
    expect(stampOfPublished(bytes)).not.toBe(stampOfPublished(encodePublished(13, '{"a":"é"}')))
  })

  it('is refused where it is garbage, cut short or of a later format', () => {
    const bytes = encodePublished(12, '{"a":1}')
    const later = new TextEncoder().encode('{"v":2,"version":1}')
    for (const bad of [bytes.subarray(0, bytes.length - 1), new Uint8Array(9).fill(255), later])
      expect(() => decodePublished(bad)).toThrow(
        expect.objectContaining({ code: 'invalid_format' }),
      )
  })
})
