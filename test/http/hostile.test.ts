import fc from 'fast-check'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { problemSchema } from '../../src/http/answer-schemas.ts'
import { type Sent, testApp } from './fixtures/app.ts'
import { spoiltBodies } from './fixtures/hostile-bodies.ts'
import { wildRequests, wildTexts } from './fixtures/hostile-requests.ts'

const { send } = testApp()
/** A fault of ours is logged with its stack; here it must never be. */
const logged = vi.spyOn(console, 'error')
const seen = new Map<number, number>()

async function expectNoFault(sent: Sent): Promise<void> {
  if (!URL.canParse(`https://edge.test${sent.path}`)) return
  const response = await send(sent)
  const { status } = response
  seen.set(status, (seen.get(status) ?? 0) + 1)
  const [fault] = logged.mock.calls
  logged.mockClear()
  if (fault) throw fault[0]
  expect(status).toBeLessThan(500)
  if (status < 400 || sent.method === 'HEAD') return
  expect(response.headers.get('content-type')).toBe('application/problem+json')
  const problem = problemSchema.parse(await response.json())
  expect(problem.status).toBe(status)
  expect(problem.detail).not.toBe('')
  expect(URL.canParse(problem.instance, 'https://edge.test')).toBe(true)
  for (const { path, message } of problem.errors ?? []) {
    expect(path.length).toBeLessThan(400)
    expect(message).not.toBe('')
  }
}

describe('21,000 hostile requests', () => {
  afterAll(() => logged.mockRestore())

  it.each([
    ['valid bodies spoilt in a few places', spoiltBodies, 15_000],
    ['bodies that are no requests', wildTexts, 2_000],
    ['any method, path and headers', wildRequests, 4_000],
  ] as const)(
    'meet no 5xx, and each refusal is a problem: %s',
    async (_, requests, numRuns) => {
      await fc.assert(fc.asyncProperty(requests, expectNoFault), { numRuns })
    },
    120_000,
  )

  it('were of every kind: served, malformed, forbidden, over a cap, too large, not found', () => {
    for (const status of [200, 400, 401, 403, 404, 405, 413, 415, 422])
      expect(seen.get(status) ?? 0, String(status)).toBeGreaterThan(10)
  })
})
