import { describe, expect, it } from 'vitest'
import { testApp } from './fixtures/app.ts'

describe('x', () => {
  it('y', async () => {
    const { send } = testApp()
    const r = await send({ path: '/v1/decide/shop-home', body: { limit: 2, explain: true, return: ['name', 'price'] } })
    console.log(r.status, JSON.stringify(await r.json(), null, 1), [...r.headers])
    const r2 = await send({ path: '/v1/decide/shop-similar', body: {}, key: 'pk_now' })
    console.log(r2.status, await r2.text(), [...r2.headers])
    const r3 = await send({ path: '/v1/decide/shop-rerank', body: {candidates: ['p3', {id:'zz', fields:{bm25: 3}}, 'p3'], explain: true} , key: 'pk_now' })
    console.log(r3.status, await r3.text())
  })
})
