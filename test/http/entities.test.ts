import { beforeEach, describe, expect, it } from 'vitest'
import { jsonOf, testApp } from './fixtures/app.ts'
import { NOW_MS } from './fixtures/runtime.ts'

let { send, runtime, state } = testApp()
beforeEach(() => {
  ;({ send, runtime, state } = testApp())
})

const put = (records: unknown, entity = 'product') =>
  send({ method: 'PUT', path: `/v1/entities/${entity}`, body: { records } })
const get = (id: string, entity = 'product') =>
  send({ path: `/v1/entities/${entity}/${encodeURIComponent(id)}` })

const lamp = { name: 'Lamp', tags: ['red'], price: 9.99 }

describe('PUT of records', () => {
  it('takes the good ones and rejects each bad one with its place and reason', async () => {
    const response = await put([
      { id: 'lamp', attributes: lamp },
      { id: 'a b', attributes: {} },
      { id: 'x', attributes: { price: '9' } },
      { id: 'x', attributes: { tags: ['red', 3] } },
      { id: 'x', attributes: {}, updatedAt: 'yesterday' },
      { id: 'x', attributes: {}, colour: 'red' },
      { id: 'x' },
      'x',
      { id: 'chair', attributes: {} },
    ])
    expect(response.status).toBe(200)
    const { accepted, rejected } = await jsonOf(response)
    expect(accepted).toBe(2)
    expect(rejected).toEqual(
      [
        [1, 'a b', 'invalid_id', 'records[1].id'],
        [2, 'x', 'invalid_value', 'records[2].attributes.price'],
        [3, 'x', 'invalid_value', 'records[3].attributes.tags[1]'],
        [4, 'x', 'invalid_time', 'records[4].updatedAt'],
        [5, 'x', 'invalid_record', 'records[5].colour'],
        [6, 'x', 'invalid_record', 'records[6].attributes'],
        [7, null, 'invalid_record', 'records[7]'],
      ].map(([index, id, code, path]) => ({ index, id, code, path, message: expect.any(String) })),
    )
  })

  it('ignores names that the entity does not know, and lists each once', async () => {
    const body =
      '{"records":[{"id":"a","attributes":{"name":"A","__proto__":{"x":1},"colour":1}},{"id":"b","attributes":{"colour":2}}]}'
    const response = await send({ method: 'PUT', path: '/v1/entities/product', body })
    expect(await jsonOf(response)).toEqual({
      accepted: 2,
      rejected: [],
      ignored: ['__proto__', 'colour'],
    })
    expect(Object.keys((await jsonOf(await get('a'))).fields as object)).toEqual(['name'])
  })

  it('is 400 where none was accepted, and says why', async () => {
    const response = await put([{ id: '..', attributes: {} }])
    expect(response.status).toBe(400)
    expect(await jsonOf(response)).toMatchObject({
      code: 'invalid_request',
      accepted: 0,
      rejected: [{ index: 0, id: '..', code: 'invalid_id' }],
    })
    expect((await put([])).status).toBe(400)
  })

  it('takes up to 500 records', async () => {
    const records = (count: number) =>
      Array.from({ length: count }, (_, i) => ({ id: `n${i}`, attributes: {} }))
    expect(await jsonOf(await put(records(500)))).toMatchObject({ accepted: 500 })
    expect((await put(records(501))).status).toBe(422)
  })

  it.each([
    [undefined, NOW_MS],
    [0, 0],
    [1_700_000_000_000.7, 1_700_000_000_000],
    ['2026-11-23T12:00:00Z', Date.UTC(2026, 10, 23, 12)],
    ['2026-11-23t12:00:00.25+01:30', Date.UTC(2026, 10, 23, 10, 30, 0, 250)],
    ['2016-12-31T23:59:60Z', Date.UTC(2016, 11, 31, 23, 59, 59)],
  ])('reads updatedAt %j', async (updatedAt, expected) => {
    await put([{ id: 'a', attributes: { name: 'A' }, updatedAt }])
    const { fields } = await jsonOf(await get('a'))
    expect(fields).toEqual({ name: { value: 'A', status: 'present', updatedAt: expected } })
  })

  it.each([
    -1,
    9e15,
    null,
    true,
    '2026-11-23',
    '2026-11-23T12:00:00',
    '2026-02-30T25:00:00Z',
    '1790000000000',
    '',
  ])('refuses updatedAt %j', async (updatedAt) => {
    expect((await put([{ id: 'a', attributes: {}, updatedAt }])).status).toBe(400)
  })

  it('removes an attribute that is null', async () => {
    await put([{ id: 'a', attributes: lamp }])
    await put([{ id: 'a', attributes: { price: null } }])
    const { fields } = await jsonOf(await get('a'))
    expect(Object.keys(fields as object).sort()).toEqual(['name', 'tags'])
  })

  it('rejects a record larger than an owner can store', async () => {
    const tags = Array.from({ length: 30_000 }, (_, i) => `tag-${i}`)
    expect(await jsonOf(await put([{ id: 'a', attributes: { tags } }]))).toMatchObject({
      rejected: [{ code: 'too_large', path: 'records[0].attributes' }],
    })
  })
})

describe('records of people', () => {
  it('are kept under pseudonyms, and shown under the plain id', async () => {
    await put([{ id: 'u_42', attributes: { budget: 5 } }], 'user')
    expect([...state.records.keys()]).toEqual([`record/user/${runtime.pseudonym('u_42')}`])
    expect(await jsonOf(await get('u_42', 'user'))).toMatchObject({
      id: 'u_42',
      fields: { budget: { value: 5 } },
    })
    expect((await get(runtime.pseudonym('u_42'), 'user')).status).toBe(404)
  })

  it('can be joined outside by POST /v1/users/pseudonyms, whatever the ids are called', async () => {
    const response = await send({
      path: '/v1/users/pseudonyms',
      body: { ids: ['u_42', '__proto__', 'u_42'] },
    })
    expect(await jsonOf(response)).toEqual({
      pseudonyms: ['u_42', '__proto__', 'u_42'].map((id) => ({
        id,
        pseudonym: runtime.pseudonym(id),
      })),
    })
    const fails = async (body: unknown) =>
      (await send({ path: '/v1/users/pseudonyms', body })).status
    expect(await fails({ ids: ['a b'] })).toBe(400)
    expect(await fails({})).toBe(400)
    expect(await fails({ ids: Array.from({ length: 10_001 }, () => 'a') })).toBe(422)
  })
})

describe('GET and DELETE of a record', () => {
  it('decode the id in the path', async () => {
    await put([{ id: 'a/b?c#d%', attributes: { name: 'odd' } }])
    expect(await jsonOf(await get('a/b?c#d%'))).toMatchObject({ id: 'a/b?c#d%' })
  })

  it('are 404 for what is not there (any more), and 400 for what is no id', async () => {
    await put([{ id: 'a', attributes: {} }])
    const remove = () => send({ method: 'DELETE', path: '/v1/entities/product/a' })
    expect((await remove()).status).toBe(204)
    expect((await remove()).status).toBe(404)
    expect((await get('a')).status).toBe(404)
    expect((await get('a b')).status).toBe(400)
    expect((await get('x'.repeat(129))).status).toBe(400)
  })
})

describe('/readyz', () => {
  const ready = async () => (await send({ path: '/readyz', key: null })).status
  const mark = (entity: string, to: string) =>
    send({ path: `/v1/imports/${entity}`, body: { state: to } })

  it('is 503 without a page, while any import runs, and with pages older than its end', async () => {
    expect(await ready()).toBe(200)
    await mark('user', 'running')
    expect(await ready()).toBe(503)
    await mark('user', 'done')
    expect(await ready()).toBe(200)
    state.imports.set('product', { state: 'done', atMs: NOW_MS + 1 })
    expect(await ready()).toBe(503)
    await mark('product', 'done')
    expect(await ready()).toBe(200)
    state.table = null
    expect(await ready()).toBe(503)
  })

  it('asks for new pages where the ones at hand are older than the import', async () => {
    const ages: (number | undefined)[] = []
    const { read } = runtime.tables
    Object.assign(runtime.tables, {
      read: (...[entity, options]: Parameters<typeof read>) => {
        ages.push(options.maxAgeMs)
        return read(entity, options)
      },
    })
    await ready()
    expect(ages).toEqual([undefined])
    state.imports.set('product', { state: 'done', atMs: NOW_MS + 1 })
    await ready()
    expect(ages.slice(1)).toEqual([undefined, 100])
  })

  it('is 503, not 500, where the owners cannot be asked', async () => {
    Object.assign(runtime.owners, { importState: () => Promise.reject(new Error('down')) })
    expect(await ready()).toBe(503)
    expect((await send({ path: '/livez', key: null })).status).toBe(200)
  })

  it('knows an import only by running and done', async () => {
    expect((await mark('product', 'paused')).status).toBe(400)
    expect((await mark('nothing', 'done')).status).toBe(404)
  })
})
