import { describe, expect, it } from 'vitest'
import { kvStore } from '../../src/store/kv.ts'
import { useCases } from '../../src/use-cases/index.ts'
import { virtualClock } from '../fixtures/clock.ts'
import { isolate } from '../fixtures/runtime.ts'

/** KV as it was on 12 June 2025: every call of every method answers like this. */
function namespaceThat(answer: () => Promise<never>): KVNamespace {
  return new Proxy({} as KVNamespace, { get: () => answer })
}

const OUTAGES = {
  'fails every call': () => Promise.reject(new Error('KV GET failed: 503 Service Unavailable')),
  'throws before it answers': () => {
    throw new TypeError('the binding is gone')
  },
  'hangs on every call': () => new Promise<never>(() => {}),
}

describe.each(Object.entries(OUTAGES))('KV that %s, in a fresh isolate', (_, outage) => {
  it.each(
    useCases.map((useCase) => [useCase.id, useCase] as const),
  )('leaves %s an answer within the cold budget', async (_id, useCase) => {
    const clock = virtualClock()
    const { decide } = isolate(useCase, kvStore({ namespace: namespaceThat(outage) }), clock)
    const candidates = useCase.id === 'movies-rerank' ? [{ id: '318', fields: {} }] : undefined
    const { ids, degraded, tookMs } = await decide({
      userId: 'u1',
      request: { context: { item: '1' }, candidates },
    })
    expect(ids).toEqual(candidates ? ['318'] : useCase.fallback.slice(0, 10))
    expect(degraded).toContain('cold')
    expect(tookMs).toBeLessThanOrEqual(useCase.coldBudgetMs)
  })
})
