import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import packageJson from '../../package.json' with { type: 'json' }
import { apiDocument } from '../../src/http/api-document.ts'
import { OPERATIONS } from '../../src/http/api-operations.ts'
import { routesOf } from '../../src/http/app.ts'
import document from '../../src/http/openapi.json' with { type: 'json' }
import { events } from '../../stages/events.ts'
import { type Sent, testApp } from './fixtures/app.ts'

const { send, runtime } = testApp()
const routes = () =>
  routesOf({
    runtime,
    assets: { fetch: async () => new Response() },
    sendOutcomes: async () => ({ durable: [] }),
    eventLimiter: null,
  })
const served = (await (await send({ path: '/openapi.json', key: null })).json()) as typeof document

/** The served document's schemas as zod reads them back. */
function schemaOf(name: string): z.ZodType {
  const text = JSON.stringify(served.components.schemas).replaceAll(
    '#/components/schemas/',
    '#/$defs/',
  )
  return z.fromJSONSchema({ $ref: `#/$defs/${name}`, $defs: JSON.parse(text) })
}

function expectToBe(name: string, value: unknown): void {
  expect(z.prettifyError(schemaOf(name).safeParse(value).error ?? new z.ZodError([]))).toBe('')
}

type Media = { schema?: { $ref: string }; example?: unknown }
type Operation = {
  requestBody?: { content: Record<string, Media> }
  responses: Record<string, { content?: Record<string, Media>; $ref?: string }>
}
const paths = served.paths as unknown as Record<string, Record<string, Operation>>
const nameOf = (media: Media) => media.schema?.$ref.split('/').at(-1) as string

describe('the OpenAPI document', () => {
  it('is served as it is generated', () => {
    expect(served.openapi).toBe('3.1.0')
    expect(served).toEqual(JSON.parse(JSON.stringify(apiDocument(packageJson.version, events))))
  })

  it('has every route that the app has, and no other', () => {
    const paths = routes()
      .map(({ method, path }) => `${method} ${path.replace(/:(\w+)/g, '{$1}')}`)
      .filter((route) => !['GET /', 'GET /docs/{file}'].includes(route))
    expect(OPERATIONS.map(({ method, path }) => `${method} ${path}`).sort()).toEqual(paths.sort())
    const access = (list: readonly { method: string; access: string; path: string }[]) =>
      list.map((one) => `${one.access} ${one.method} ${one.path.replace(/:(\w+)/g, '{$1}')}`)
    expect(access(routes())).toEqual(expect.arrayContaining(access(OPERATIONS)))
  })

  it('has examples that its own schemas accept', () => {
    for (const operation of Object.values(paths).flatMap((path) => Object.values(path)))
      for (const media of [
        ...Object.values(operation.requestBody?.content ?? {}),
        ...Object.values(operation.responses).flatMap(({ content }) =>
          Object.values(content ?? {}),
        ),
      ])
        if (media.schema && media.example !== undefined) expectToBe(nameOf(media), media.example)
  })

  it('resolves all its references', () => {
    const text = JSON.stringify(served)
    for (const [, kind, name] of text.matchAll(/"#\/components\/(\w+)\/(\w+)"/g))
      expect(
        Object.hasOwn((served.components as Record<string, object>)[kind], name),
        `${kind}/${name}`,
      ).toBe(true)
    expect(text).not.toContain('"$ref":"__')
  })
})

const artifact = {
  format: 'edgewheel/linear@1',
  useCase: 'shop-home',
  heads: [{ outcome: 'click', link: 'logit', bias: 0, terms: [{ feature: 'sold', weight: 1 }] }],
}

/** A request for each answer of each route, in an order in which they work. */
const ANSWERED: readonly (readonly [string, Sent])[] = [
  [
    '/v1/decide/{useCase}',
    { path: '/v1/decide/shop-home', body: { explain: true, return: ['tags'] } },
  ],
  [
    '/v1/decide/{useCase}',
    { path: '/v1/decide/shop-rerank', body: { explain: true, candidates: ['p1', 'x'] } },
  ],
  ['/v1/decide/{useCase}', { path: '/v1/decide/shop-home', body: { preview: true } }],
  ['/v1/decide', { path: '/v1/decide', body: { requests: [{ useCase: 'shop-home' }] } }],
  [
    '/v1/entities/{entity}',
    {
      method: 'PUT',
      path: '/v1/entities/product',
      body: { records: [{ id: 'a', attributes: { tags: ['x'], colour: 1 } }, { id: '..' }] },
    },
  ],
  ['/v1/entities/{entity}/{id}', { path: '/v1/entities/product/a' }],
  ['/v1/entities/{entity}/{id}', { method: 'DELETE', path: '/v1/entities/product/a' }],
  ['/v1/imports/{entity}', { path: '/v1/imports/product', body: { state: 'done' } }],
  ['/v1/models/{useCase}', { path: '/v1/models/shop-home', body: artifact }],
  ['/v1/models/{useCase}', { path: '/v1/models/shop-home' }],
  ['/v1/models/{useCase}/{version}', { path: '/v1/models/shop-home/1' }],
  [
    '/v1/models/{useCase}/{version}/publish',
    { method: 'POST', path: '/v1/models/shop-home/1/publish' },
  ],
  ['/v1/use-cases', { path: '/v1/use-cases' }],
  ['/v1/use-cases/{id}', { path: '/v1/use-cases/shop-rerank' }],
  ['/v1/users/pseudonyms', { path: '/v1/users/pseudonyms', body: { ids: ['a'] } }],
  ['/v1/users/{id}', { method: 'DELETE', path: '/v1/users/u_1' }],
  ['/v1/users/forget', { path: '/v1/users/forget', body: { id: 'u_1', now: true } }],
  ['/v1/runs/{run}', { path: '/v1/runs/run-1' }],
  ['/livez', { path: '/livez', key: null }],
  ['/readyz', { path: '/readyz', key: null }],
]

/** A request for the errors that a route can be made to give. */
const REFUSED: readonly (readonly [string, Sent])[] = [
  ['/v1/decide/{useCase}', { path: '/v1/decide/shop-home', body: '{' }],
  ['/v1/decide/{useCase}', { path: '/v1/decide/shop-home', key: null, body: {} }],
  [
    '/v1/decide/{useCase}',
    { path: '/v1/decide/shop-home', key: 'pk_now', body: { return: ['margin'] } },
  ],
  ['/v1/decide/{useCase}', { path: '/v1/decide/nothing', body: {} }],
  ['/v1/decide/{useCase}', { path: '/v1/decide/shop-home', body: 'x'.repeat(70_000) }],
  [
    '/v1/decide/{useCase}',
    { path: '/v1/decide/shop-home', body: '', headers: { 'content-type': 'text/plain' } },
  ],
  ['/v1/decide/{useCase}', { path: '/v1/decide/shop-home', body: { limit: 101 } }],
  ['/v1/models/{useCase}', { path: '/v1/models/shop-home', body: {} }],
  ['/v1/entities/{entity}', { method: 'PUT', path: '/v1/entities/product', body: { records: [] } }],
  ['/v1/entities/{entity}/{id}', { path: '/v1/entities/product/nobody' }],
  ['/v1/users/forget', { path: '/v1/users/forget', body: { id: '..' } }],
  ['/v1/runs/{run}', { path: '/v1/runs/nothing' }],
]

describe('the answers of the app', () => {
  it.each(ANSWERED)('are what the document says: %s %j', async (path, sent) => {
    const response = await send(sent)
    const method = (sent.method ?? (sent.body === undefined ? 'GET' : 'POST')).toLowerCase()
    const declared = paths[path][method].responses[response.status]
    expect(declared, `${response.status}`).toBeDefined()
    const media = declared.content?.[response.headers.get('content-type') ?? '']
    if (declared.content === undefined) expect(await response.text()).toBe('')
    else expectToBe(nameOf(media as Media), await response.json())
  })

  it.each(REFUSED)('are problems where the document says so: %s %j', async (path, sent) => {
    const response = await send(sent)
    const method = (sent.method ?? (sent.body === undefined ? 'GET' : 'POST')).toLowerCase()
    expect(paths[path][method].responses[response.status]?.$ref).toBe(
      `#/components/responses/Problem${response.status}`,
    )
    expect(response.headers.get('content-type')).toBe('application/problem+json')
    expectToBe('Problem', await response.json())
  })

  it('to what is documented as a request are no schema errors', async () => {
    const body = {
      user: { id: 'u', attributes: { any: [1] } },
      context: { recent: [{ type: 'click', item: 'p1', at: '2026-11-23T12:00:00Z', value: 1 }] },
      limit: 3,
      exclude: ['p2'],
      return: ['name'],
      explain: true,
      consent: { personalize: true, train: false },
      filter: { all: [{ field: 'price', gte: 10 }, { not: { field: 'tags', in: ['red'] } }] },
      preview: true,
    }
    expectToBe('DecideRequest', body)
    expect((await send({ path: '/v1/decide/shop-home', body })).status).toBe(200)
  })
})

describe('the pages', () => {
  it('come from the asset binding and from this origin alone', async () => {
    const asked: string[] = []
    const { send: ask } = testApp({
      assets: {
        fetch: async (request) => {
          asked.push(new URL(request.url).pathname)
          const missing = request.url.endsWith('missing.js')
          return new Response('asset', { status: missing ? 404 : 200 })
        },
      },
    })
    for (const path of ['/docs', '/docs/start.js']) {
      const response = await ask({ path, key: null })
      expect(response.status).toBe(200)
      expect(response.headers.get('content-security-policy')).toContain("script-src 'self'")
    }
    expect(asked).toEqual(['/docs/', '/docs/start.js'])
    expect((await ask({ path: '/docs/missing.js', key: null })).status).toBe(404)
    const home = await ask({ path: '/', key: null })
    expect(await home.text()).toContain('href="/docs"')
  })
})
