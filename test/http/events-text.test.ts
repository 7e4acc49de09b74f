import { describe, expect, it } from 'vitest'
import { click, eventsApp, receipt } from './fixtures/sent-events.ts'

const { post, send, storedOf } = eventsApp()

const text = (
  body: object | string,
  type = 'text/plain;charset=UTF-8',
  key: string | null = null,
) =>
  post(typeof body === 'string' ? body : JSON.stringify(body), {
    key,
    headers: { 'content-type': type },
  })

describe('a body of text/plain', () => {
  it('is taken with a publishable key inside, the current one or the one before', async () => {
    for (const key of ['pk_now', 'pk_before']) {
      const answer = await text({ key, events: [click({ receipt: receipt() }), click()] })
      expect(answer).toMatchObject({ status: 202, accepted: 2 })
      expect(answer.notCounted).toEqual([{ index: 1, id: 'e1', code: 'no_receipt' }])
      expect(answer.headers.get('access-control-allow-origin')).toBe('*')
    }
    expect((await text({ key: 'pk_now', events: [click()] }, 'TEXT/PLAIN')).status).toBe(202)
  })

  it.each([
    ['no key', { events: [click()] }],
    ['an unknown key', { key: 'pk_no', events: [click()] }],
    ['a key that is no text', { key: 7, events: [click()] }],
    ['an endless key', { key: 'pk_now'.repeat(50_000), events: [click()] }],
    ['no JSON', '{"key":"pk_now","events":'],
    ['a list', '["pk_now"]'],
    ['nothing', ''],
  ])('is 401 for %s', async (_, body) => {
    const answer = await text(body)
    expect(answer).toMatchObject({ status: 401, code: 'unauthorized' })
    expect(answer.headers.get('www-authenticate')).toBe('Bearer')
  })

  it('is 403 for a secret key, which no page may have', async () => {
    expect((await text({ key: 'sk_now', events: [click()] })).status).toBe(403)
  })

  it('may leave the key to a header, which then is the only place for it', async () => {
    expect((await text({ events: [click()] }, 'text/plain', 'sk_now')).accepted).toBe(1)
    expect((await text({ events: [click()] }, 'text/plain', 'pk_no')).status).toBe(401)
    const twice = await text({ key: 'pk_now', events: [click()] }, 'text/plain', 'pk_now')
    expect(twice.errors).toEqual([{ path: 'key', message: 'unknown key' }])
  })

  it('counts like JSON in everything else', async () => {
    const { event } = await storedOf(click(), { headers: { 'content-type': 'text/plain' } })
    expect(event.item).toBe('p1')
    const proto = await text('{"key":"pk_now","events":[],"__proto__":{"events":[1]}}')
    expect(proto.errors?.map(({ path }) => path).sort()).toEqual(['__proto__', 'events'])
  })

  it('is taken by no other route, and other types by none', async () => {
    const body = JSON.stringify({ key: 'pk_now', events: [click()] })
    for (const type of ['text/html', 'application/x-www-form-urlencoded', 'text/plainer'])
      expect((await text(body, type, 'pk_now')).status).toBe(415)
    expect((await text(body, 'text/html')).status).toBe(401)
    for (const [path, status] of [
      ['/v1/decide/shop-home', 401],
      ['/v1/users/pseudonyms', 401],
    ] as const) {
      const headers = { 'content-type': 'text/plain' }
      expect((await send({ path, key: null, body, headers })).status).toBe(status)
    }
  })

  it('needs no preflight, and JSON gets the one it asks for', async () => {
    const response = await send({ method: 'OPTIONS', path: '/v1/events', key: null })
    expect(response.status).toBe(204)
    expect(response.headers.get('access-control-allow-origin')).toBe('*')
    expect(response.headers.get('access-control-allow-headers')).toContain('Authorization')
  })
})
