import { describe, expect, it } from 'vitest'
import { jsonOf } from './fixtures/app.ts'
import { testDecider } from './fixtures/decider.ts'

const { send, faultsOf } = testDecider()

describe('a batch', () => {
  const path = '/v1/decide'

  it('answers in order, each use case by its own rules', async () => {
    const response = await send({
      path,
      body: {
        requests: [
          { useCase: 'shop-home', limit: 2 },
          { useCase: 'shop-rerank', candidates: ['p5'] },
        ],
      },
    })
    const { decisions } = await jsonOf(response)
    expect(decisions.map(({ useCase }) => useCase)).toEqual(['shop-home', 'shop-rerank'])
    expect(decisions[0].items.map(({ id }) => id)).toEqual(['p1', 'p4'])
  })

  it('shows no item twice where it is distinct', async () => {
    const shelf = { useCase: 'shop-home', limit: 4 }
    const itemsOf = async (distinct: boolean) => {
      const response = await send({ path, body: { requests: [shelf, shelf, shelf], distinct } })
      const { decisions } = await jsonOf(response)
      return decisions.flatMap(({ items }) => items.map(({ id }) => id))
    }
    expect(new Set(await itemsOf(false)).size).toBe(4)
    expect(new Set(await itemsOf(true)).size).toBe(12)
  })

  it('leads the path of an error with the place of its request', async () => {
    const good = { useCase: 'shop-home' }
    const faults = async (requests: unknown, more = {}) => faultsOf({ requests, ...more }, { path })
    expect(await faults([good, good, { ...good, candidates: ['p1'], foo: 1 }])).toEqual({
      status: 400,
      code: 'invalid_request',
      paths: ['requests[2].foo'],
    })
    expect(await faults([good, { ...good, filter: { field: 'x', eq: 1 } }])).toMatchObject({
      paths: ['requests[1].filter.field'],
    })
    expect(await faults([good, { limit: 3 }])).toMatchObject({
      status: 400,
      paths: ['requests[1].useCase'],
    })
    expect(await faults([good, { useCase: 'nothing' }])).toMatchObject({
      status: 404,
      paths: ['requests[1].useCase'],
    })
    expect(await faults([])).toMatchObject({ status: 400, paths: ['requests'] })
    expect(await faults([3])).toMatchObject({ status: 400, paths: ['requests[0]'] })
    expect(await faults([good], { distinct: 1 })).toMatchObject({ status: 400 })
    expect(await faults([{ ...good, limit: 101 }])).toMatchObject({
      status: 422,
      paths: ['requests[0].limit'],
    })
  })

  it('takes up to eight requests', async () => {
    const shelves = (count: number) => ({
      requests: Array.from({ length: count }, () => ({ useCase: 'shop-home', limit: 1 })),
    })
    expect((await send({ path, body: shelves(8) })).status).toBe(200)
    expect(await faultsOf(shelves(9), { path })).toMatchObject({
      status: 422,
      code: 'over_cap',
      paths: ['requests'],
    })
  })
})
