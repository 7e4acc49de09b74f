import { describe, expect, it } from 'vitest'
import { jsonOf, testApp } from './fixtures/app.ts'

const { send } = testApp()

const ids = (count: number) => Array.from({ length: count }, (_, i) => `p${i}`)
const clauses = (count: number) => ({
  any: Array.from({ length: count }, () => ({ field: 'sold', gt: 1 })),
})
const nested = (depth: number) => {
  let filter: unknown = { field: 'sold', gt: 1 }
  for (let i = 0; i < depth; i++) filter = { not: filter }
  return filter
}
const recent = (count: number) => ({
  recent: Array.from({ length: count }, (_, i) => ({ type: 'click', item: 'p1', at: i })),
})

/** The largest that is taken, how it is made, and where the one above it is reported. */
interface Cap {
  readonly of: string
  readonly most: number
  readonly body: (size: number) => object
  readonly at: string
  readonly useCase?: string
}

const CAPS: readonly Cap[] = [
  {
    of: 'candidates',
    most: 500,
    body: (n) => ({ candidates: ids(n) }),
    at: 'candidates',
    useCase: 'shop-rerank',
  },
  { of: 'excluded ids', most: 1_000, body: (n) => ({ exclude: ids(n) }), at: 'exclude' },
  { of: 'slots', most: 100, body: (n) => ({ limit: n }), at: 'limit' },
  { of: 'clauses', most: 32, body: (n) => ({ filter: clauses(n) }), at: 'filter.any[32]' },
  { of: 'nesting', most: 4, body: (n) => ({ filter: nested(n) }), at: 'filter.not.not.not.not' },
  {
    of: 'values of an in',
    most: 256,
    body: (n) => ({ filter: { field: 'name', in: ids(n) } }),
    at: 'filter.in',
  },
  { of: 'interactions', most: 50, body: (n) => ({ context: recent(n) }), at: 'context.recent' },
]

describe('the caps of a decision', () => {
  it.each(CAPS)('take $of up to $most, and answer 422 above', async ({
    most,
    body,
    at,
    useCase,
  }) => {
    const path = `/v1/decide/${useCase ?? 'shop-home'}`
    expect((await send({ path, body: body(most) })).status).toBe(200)
    const over = await send({ path, body: body(most + 1) })
    const { code, errors } = await jsonOf(over)
    expect([over.status, code, errors[0].path]).toEqual([422, 'over_cap', at])
  })

  it.each(CAPS)('yield to a schema error: $of', async ({ most, body, useCase }) => {
    const path = `/v1/decide/${useCase ?? 'shop-home'}`
    const over = await send({ path, body: { ...body(most + 1), foo: 1 } })
    expect(over.status).toBe(400)
  })

  it('count duplicates: what is sent is what is capped', async () => {
    const candidates = Array.from({ length: 501 }, () => 'p1')
    expect((await send({ path: '/v1/decide/shop-rerank', body: { candidates } })).status).toBe(422)
  })

  it.each([
    0,
    -1,
    -0,
    1.5,
    '10',
    null,
    true,
    [10],
  ])('do not make a limit of %j a matter of caps: it is malformed', async (limit) => {
    expect((await send({ path: '/v1/decide/shop-home', body: { limit } })).status).toBe(400)
  })

  it('are exceeded by a limit that is whole but absurd, and not by one that is no number', async () => {
    expect((await send({ path: '/v1/decide/shop-home', body: '{"limit":1e300}' })).status).toBe(422)
    expect((await send({ path: '/v1/decide/shop-home', body: '{"limit":1e999}' })).status).toBe(400)
  })
})

describe('an id', () => {
  const refused = [
    '',
    '.',
    '..',
    'a b',
    'é',
    'a\u0000',
    '\ud800',
    '\u007f',
    'x'.repeat(129),
    7,
    null,
  ]
  const taken = ['!', '~', '...', '.a', '__proto__', '%2e', '"', 'x'.repeat(128)]

  it.each(refused)('is not %j', async (id) => {
    for (const [useCase, body] of [
      ['shop-home', { user: { id } }],
      ['shop-home', { exclude: [id] }],
      ['shop-home', { context: { recent: [{ type: 'click', item: id, at: 1 }] } }],
      ['shop-rerank', { candidates: [id] }],
      ['shop-rerank', { candidates: [{ id }] }],
    ] as const)
      expect((await send({ path: `/v1/decide/${useCase}`, body })).status).toBe(400)
  })

  it.each(taken)('may be %j', async (id) => {
    const body = { user: { id }, exclude: [id], candidates: [id] }
    expect((await send({ path: '/v1/decide/shop-rerank', body })).status).toBe(200)
  })
})
