import { expect, it } from 'vitest'
import { requested } from '../../../stages/generate/requested.ts'
import { drawnBy } from '../../fixtures/stages.ts'

const given = (...ids: string[]) => ids.map((id) => ({ id, fields: {} }))

it('draws what the caller brings, known or not, in its order', async () => {
  const { ids } = await drawnBy(requested, {
    request: { candidates: given('f7', 'unknown', 'f3') },
  })
  expect(ids).toEqual(['f7', 'unknown', 'f3'])
})

it('draws a candidate that is brought twice once', async () => {
  const { ids } = await drawnBy(requested, { request: { candidates: given('f7', 'x', 'f7', 'x') } })
  expect(ids).toEqual(['f7', 'x'])
})

it('draws as many as a caller may bring', async () => {
  const candidates = given(...Array.from({ length: 500 }, (_, n) => `x${n}`))
  expect((await drawnBy(requested, { request: { candidates } })).ids).toHaveLength(500)
})

it('draws nothing where nothing is brought', async () => {
  expect((await drawnBy(requested)).ids).toEqual([])
})
