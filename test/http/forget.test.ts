import { describe, expect, it } from 'vitest'
import { jsonOf, testApp } from './fixtures/app.ts'
import { NOW_MS } from './fixtures/runtime.ts'

describe('forgetting over HTTP', () => {
  it('maps the plain id, says when, and answers with a run', async () => {
    const { send, runtime, state } = testApp()
    const pseudonym = runtime.pseudonym('u 42'.replace(' ', '%'))
    const deleted = await send({ method: 'DELETE', path: '/v1/users/u%2542' })
    expect([deleted.status, await jsonOf(deleted)]).toEqual([202, { run: 'run-1' }])
    const body = { id: 'u%42', now: true }
    expect((await send({ path: '/v1/users/forget', body })).status).toBe(202)
    const asked = { pseudonym, atMs: NOW_MS }
    expect(state.forgotten).toEqual([
      { ...asked, isUrgent: false },
      { ...asked, isUrgent: true },
    ])
  })

  it.each([
    ['no id', {}],
    ['no word for now', { id: 'u_1', now: 'yes' }],
    ['an unknown key', { id: 'u_1', when: 1 }],
    ['what cannot be an id', { id: 'a b' }],
  ])('refuses %s with a path', async (_, body) => {
    const { send, state } = testApp()
    const response = await send({ path: '/v1/users/forget', body })
    expect(response.status).toBe(400)
    expect((await jsonOf(response)).errors.length).toBe(1)
    expect(state.forgotten).toEqual([])
  })

  it('needs the secret key', async () => {
    const { send } = testApp()
    const asked = [
      { method: 'DELETE', path: '/v1/users/u_1' },
      { path: '/v1/users/forget', body: { id: 'u_1' } },
      { path: '/v1/runs/run-1' },
    ]
    for (const one of asked) expect((await send({ ...one, key: 'pk_now' })).status).toBe(403)
  })

  it('shows runs without what they do not say', async () => {
    const { send, state } = testApp()
    state.runs.set('r', { state: 'failed', progress: 0.5, report: null, error: 'why' })
    expect(await jsonOf(await send({ path: '/v1/runs/r' }))).toEqual({
      state: 'failed',
      progress: 0.5,
      error: 'why',
    })
    expect((await send({ path: `/v1/runs/${'r'.repeat(200)}` })).status).toBe(404)
  })
})
