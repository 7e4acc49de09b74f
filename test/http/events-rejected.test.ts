import { describe, expect, it } from 'vitest'
import { EVENT_CAPS } from '../../src/http/events-schema.ts'
import type { Sent } from './fixtures/app.ts'
import { NOW_MS } from './fixtures/runtime.ts'
import { click, decisionIdAt, eventsApp, receipt } from './fixtures/sent-events.ts'

const { post, send, stored } = eventsApp()
const MB = 1024 * 1024
const none = undefined
const nested = (depth: number): unknown => (depth === 0 ? 1 : [nested(depth - 1)])
const items = (count: number) => Array.from({ length: count }, (_, i) => ({ id: `p${i}` }))

const shelf = (change: Parameters<typeof click>[0]) =>
  click({ type: 'impression', item: none, ...change })
const buy = (change: Parameters<typeof click>[0]) => click({ type: 'buy', value: 5, ...change })

/** What is wrong, the code, the path inside the event, and the event. */
const REJECTED: readonly (readonly [string, string, string, unknown])[] = [
  ['no object', 'invalid_event', '', 'click'],
  ['a list', 'invalid_event', '', [click()]],
  ['null', 'invalid_event', '', null],
  ['an unknown key', 'invalid_event', '.itme', click({ itme: 'p1' })],
  ['a key of objects', 'invalid_event', '.constructor', click({ constructor: 1 })],
  ['no id', 'invalid_id', '.id', click({ id: none })],
  ['an empty id', 'invalid_id', '.id', click({ id: '' })],
  ['an id with a space', 'invalid_id', '.id', click({ id: 'e 1' })],
  ['an id beyond ASCII', 'invalid_id', '.id', click({ id: 'é' })],
  ['an id of dots', 'invalid_id', '.id', click({ id: '..' })],
  ['an id of 129 characters', 'invalid_id', '.id', click({ id: 'x'.repeat(129) })],
  ['a number for an id', 'invalid_id', '.id', click({ id: 1 })],
  ['an item that is no id', 'invalid_id', '.item', click({ item: 'a b' })],
  ['a user that is no id', 'invalid_id', '.user', click({ user: '' })],
  ['null for a user', 'invalid_id', '.user', click({ user: null })],
  ['a retraction of no id', 'invalid_id', '.retracts', click({ retracts: 7 })],
  ['a decision that is no UUIDv7', 'invalid_id', '.decisionId', click({ decisionId: 'd1' })],
  [
    'another decision than its receipt',
    'invalid_id',
    '.decisionId',
    click({ receipt: receipt(), decisionId: decisionIdAt(NOW_MS) }),
  ],
  ['no type', 'unknown_type', '.type', click({ type: none })],
  ['a type nobody declared', 'unknown_type', '.type', click({ type: 'klick' })],
  ['a type by the name of a method', 'unknown_type', '.type', click({ type: 'toString' })],
  ['a number for a type', 'unknown_type', '.type', click({ type: 1 })],
  ['a receipt that is no text', 'invalid_event', '.receipt', click({ receipt: 1 })],
  ['a naive time', 'invalid_time', '.timestamp', click({ timestamp: '2026-09-21T14:13:20' })],
  ['a date', 'invalid_time', '.timestamp', click({ timestamp: '2026-09-21' })],
  ['a day that is not', 'invalid_time', '.timestamp', click({ timestamp: '2026-13-01T00:00:00Z' })],
  ['a negative time', 'invalid_time', '.timestamp', click({ timestamp: -1 })],
  ['a time in text', 'invalid_time', '.timestamp', click({ timestamp: '1790000000000' })],
  ['null for a time', 'invalid_time', '.timestamp', click({ timestamp: null })],
  ['no value where one is needed', 'invalid_value', '.value', buy({ value: none })],
  ['a value out of range', 'invalid_value', '.value', buy({ value: 1_001 })],
  ['a value in text', 'invalid_value', '.value', buy({ value: '5' })],
  ['a value where none counts', 'invalid_value', '.value', click({ value: true })],
  ['properties in a list', 'invalid_properties', '.properties', click({ properties: [] })],
  [
    'a declared property of another type',
    'invalid_properties',
    '.properties.currency',
    buy({ properties: { currency: 'DM' } }),
  ],
  ['no item', 'invalid_id', '.item', click({ item: none })],
  ['an item where there is none', 'invalid_event', '.item', click({ type: 'search' })],
  ['a user where there is none', 'invalid_event', '.user', click({ type: 'stock_out' })],
  ['items of a click', 'invalid_event', '.items', click({ item: none, items: items(1) })],
  ['no items', 'invalid_event', '.items', shelf({})],
  ['an empty list of items', 'invalid_event', '.items', shelf({ items: [] })],
  ['both item and items', 'invalid_event', '.item', shelf({ item: 'p1', items: items(1) })],
  ['items and one position', 'invalid_event', '.position', shelf({ items: items(2), position: 1 })],
  ['items that are no objects', 'invalid_event', '.items[1]', shelf({ items: [{ id: 'a' }, 'b'] })],
  ['an item without an id', 'invalid_id', '.items[0].id', shelf({ items: [{ position: 1 }] })],
  [
    'an item at no position',
    'invalid_event',
    '.items[0].position',
    shelf({ items: [{ id: 'p1', position: 0 }] }),
  ],
  [
    'an unknown key of an item',
    'invalid_event',
    '.items[0].id2',
    shelf({ items: [{ id: 'p1', id2: 1 }] }),
  ],
  ['more items than a decision', 'too_large', '.items', shelf({ items: items(101) })],
  [
    'long properties for each of its items',
    'too_large',
    '.properties',
    shelf({ items: items(2), properties: { x: 'x'.repeat(1_024) } }),
  ],
  ['a position of half', 'invalid_event', '.position', click({ position: 1.5 })],
  ['a consent that is no object', 'invalid_event', '.consent', click({ consent: true })],
  ['a consent to more', 'invalid_event', '.consent.sell', click({ consent: { sell: true } })],
  ['consent in text', 'invalid_event', '.consent.train', click({ consent: { train: 'no' } })],
  ['deep properties', 'invalid_event', '', click({ properties: { x: nested(16) } })],
  ['more than 8 KB', 'too_large', '', click({ properties: { x: 'x'.repeat(8 * 1024) } })],
]

describe('an event is rejected', () => {
  it.each(REJECTED)('for %s: %s at events[1]%s', async (_, code, path, bad) => {
    const answer = await post([click(), bad, click({ id: 'e3' })])
    expect(answer.rejected).toEqual([
      {
        index: 1,
        id: typeof (bad as { id?: unknown } | null)?.id === 'string' ? expect.any(String) : null,
        code,
        path: `events[1]${path}`,
        message: expect.stringMatching(/^.{3,250}$/),
      },
    ])
    expect(answer).toMatchObject({ status: 202, accepted: 2 })
  })

  it('by its bytes, not its characters: 8 KB are taken, one more is not', async () => {
    const bytes = JSON.stringify(click({ properties: { x: '' } })).length
    const room = EVENT_CAPS.eventBytes - bytes
    const of = (x: string) => post([click({ properties: { x } })])
    expect((await of('x'.repeat(room))).status).toBe(202)
    expect((await of('x'.repeat(room + 1))).status).toBe(400)
    expect((await of('é'.repeat(room / 2))).status).toBe(202)
    expect((await of('é'.repeat(room / 2 + 1))).status).toBe(400)
    expect((await of('€'.repeat(Math.ceil(room / 3) + 1))).rejected[0].code).toBe('too_large')
  })

  it('by the path of __proto__, and pollutes nothing', async () => {
    const body = `{"events":[{"id":"e1","type":"click","item":"p1","__proto__":{"user":"x"}}]}`
    const answer = await post(body)
    expect(answer.rejected[0]).toMatchObject({
      code: 'invalid_event',
      path: 'events[0].__proto__',
    })
    expect(({} as Record<string, unknown>).user).toBeUndefined()
  })

  it('before a single one of its items is stored', async () => {
    const before = stored.length
    await post([shelf({ items: [...items(3), { id: '' }] })])
    expect(stored.length).toBe(before)
  })

  it('beyond 10,000 items of a batch, alone', async () => {
    const full = Array.from({ length: 101 }, (_, i) => shelf({ id: `e${i}`, items: items(100) }))
    const answer = await post([...full, click({ id: 'last' })])
    expect(answer.accepted).toBe(100)
    expect(answer.rejected.map(({ code, path }) => [code, path])).toEqual([
      ['too_large', 'events[100].items'],
      ['too_large', 'events[101].items'],
    ])
  })
})

describe('a batch', () => {
  it('is 400 with every rejection where no event was accepted', async () => {
    const answer = await post(Array.from({ length: 30 }, () => click({ type: 'klick' })))
    expect(answer).toMatchObject({ status: 400, code: 'invalid_request', accepted: 0 })
    expect(answer.headers.get('content-type')).toBe('application/problem+json')
    expect(answer.rejected).toHaveLength(30)
    expect(answer.errors).toHaveLength(20)
    expect(answer.errors?.[0].path).toBe('events[0].type')
  })

  it('holds 500 events and no more', async () => {
    const events = (count: number) =>
      Array.from({ length: count }, (_, i) => click({ id: `e${i}` }))
    expect((await post(events(500))).accepted).toBe(500)
    expect(await post(events(501))).toMatchObject({
      ...{ status: 422, code: 'over_cap' },
      errors: [{ path: 'events', message: 'more than 500 events' }],
    })
  })

  it('holds events of the same id, for the ledger to know them', async () => {
    expect((await post([click(), click()])).accepted).toBe(2)
  })

  it.each([
    ['no events', {}, 'events'],
    ['an empty list', { events: [] }, 'events'],
    ['no list', { events: click() }, 'events'],
    ['an unknown key', { events: [click()], event: 1 }, 'event'],
    ['a key where a header has it', { events: [click()], key: 'pk_now' }, 'key'],
    ['a naive time', { events: [click()], sent: '2026-09-21T14:13:20' }, 'sent'],
    ['no object', '[]', ''],
  ])('is 400 as a whole for %s', async (_, body, path) => {
    const answer = await post(body)
    expect(answer).toMatchObject({ status: 400, code: 'invalid_request' })
    expect(answer.errors?.[0].path).toBe(path)
  })
})

const plain = { 'content-type': 'text/plain' }
const html = { 'content-type': 'text/html' }
const many = (extra = '') => `{"events":[${'{},'.repeat(500)}{}]${extra}}`

/** Each request commits the fault of its row and every later one that it can. */
const ORDER: readonly (readonly [string, number, string, Omit<Sent, 'path'>])[] = [
  ['a wrong method', 405, 'method_not_allowed', { method: 'PUT', key: null, body: '{' }],
  ['a missing key', 401, 'unauthorized', { key: null, body: '{', headers: html }],
  ['an unknown key', 401, 'unauthorized', { key: 'pk_no', body: '{', headers: html }],
  ['the media type', 415, 'unsupported_media_type', { body: 'x'.repeat(MB + 1), headers: html }],
  ['the size', 413, 'too_large', { body: 'x'.repeat(MB + 1) }],
  ['the size of text', 413, 'too_large', { key: null, body: 'x'.repeat(MB + 1), headers: plain }],
  ['no key in text, before JSON', 401, 'unauthorized', { key: null, body: '{', headers: plain }],
  [
    'a secret key in text',
    403,
    'forbidden',
    { key: null, body: many(',"key":"sk_now","foo":1'), headers: plain },
  ],
  ['malformed JSON', 400, 'malformed_json', { body: '{' }],
  ['a schema error before a cap', 400, 'invalid_request', { body: many(',"foo":1') }],
  ['a cap before the events', 422, 'over_cap', { body: many() }],
  ['the events', 400, 'invalid_request', { body: { events: [{}] } }],
]

describe('the order of errors', () => {
  it.each(ORDER)('says %s: %d %s', async (_, status, code, sent) => {
    const response = await send({ method: 'POST', ...sent, path: '/v1/events' })
    const problem = await response.json()
    expect(problem).toMatchObject({ status, code, instance: '/v1/events' })
    expect(response.status).toBe(status)
    expect(response.headers.get('content-type')).toBe('application/problem+json')
    expect(response.headers.get('access-control-allow-origin')).toBe('*')
  })

  it('says 429 after what is wrong with the events and before they are stored', async () => {
    let asked = 0
    const limited = eventsApp({
      limiter: {
        limit: async () => {
          asked++
          return { success: false }
        },
      },
    })
    expect((await limited.post([click({ type: 'klick' })])).status).toBe(400)
    expect(asked).toBe(0)
    const answer = await limited.post([click()])
    expect(answer).toMatchObject({ status: 429, code: 'rate_limited' })
    expect(answer.headers.get('retry-after')).not.toBeNull()
    expect(limited.stored).toEqual([])
  })

  it('takes 1 MB, to the byte', async () => {
    const pad = (bytes: number) => ({
      method: 'POST',
      path: '/v1/events',
      body: `{"events":[${JSON.stringify(click())}]${' '.repeat(bytes)}}`,
    })
    const whole = JSON.stringify({ events: [click()] }).length
    expect((await send(pad(MB - whole))).status).toBe(202)
    expect((await send(pad(MB - whole + 1))).status).toBe(413)
  })
})
