import { describe, expect, it } from 'vitest'
import { encodePublished, modelKey } from '../../src/model/published.ts'
import { popularity } from '../../stages/featurize/popularity.ts'
import { ratingMean } from '../../stages/featurize/rating-mean.ts'
import { year } from '../../stages/featurize/year.ts'
import { linear } from '../../stages/score/linear.ts'
import { GARBAGE, world } from '../fixtures/runtime.ts'
import { chainWith } from '../fixtures/stages.ts'

const useCase = {
  ...chainWith({ featurize: [popularity, year, ratingMean] }),
  score: linear({ prior: { popularity: 1 } }),
}

/** An artifact whose only term weighs `feature`. */
function artifact(feature: string, hash: string, weight = 1, change: Record<string, unknown> = {}) {
  return JSON.stringify({
    format: 'edgewheel/linear@1',
    useCase: useCase.id,
    features: { [feature]: hash },
    heads: [{ outcome: 'click', link: 'identity', bias: 0, terms: [{ feature, weight }] }],
    ...change,
  })
}

const good = encodePublished(3, artifact('year', year.hash))

async function modelled(published: Uint8Array | null) {
  const one = await world(useCase)
  if (published) await one.store.put([{ key: modelKey(useCase.id), value: published }])
  return one
}

/** The newest film first is the model's order, the most liked one first that of the prior weights. */
const BY_MODEL = '100039'
const BY_PRIOR = '318'

describe('the model', () => {
  it('serves where it fits', async () => {
    const { ids, model, degraded } = await (await modelled(good)).decide()
    expect(ids[0]).toBe(BY_MODEL)
    expect(model).toBe('under-test@3')
    expect(degraded).toEqual([])
  })

  it('that was never published leaves the prior weights, and nothing is degraded', async () => {
    const { ids, model, degraded } = await (await modelled(null)).decide()
    expect(ids[0]).toBe(BY_PRIOR)
    expect(model).toBeNull()
    expect(degraded).toEqual([])
  })

  it.each([
    ['is garbage', GARBAGE],
    ['is empty', new Uint8Array(0)],
    ['is cut short', good.slice(0, good.length - 9)],
    ['uses a feature that the chain has not', encodePublished(3, artifact('mood', '0'.repeat(16)))],
    [
      'uses a feature that is defined otherwise now',
      encodePublished(3, artifact('year', '0'.repeat(16))),
    ],
    [
      'has a weight that is no number',
      encodePublished(3, artifact('year', year.hash).replace('"weight":1', '"weight":1e999')),
    ],
    [
      'is another use case’s',
      encodePublished(3, artifact('year', year.hash, 1, { useCase: 'other' })),
    ],
    [
      'is of another format',
      encodePublished(3, artifact('year', year.hash, 1, { format: 'onnx' })),
    ],
    ['is larger than 4 MB', encodePublished(3, `${artifact('year', year.hash)}${' '.repeat(5e6)}`)],
  ])('that %s leaves the prior weights, and is named', async (_, published) => {
    const { ids, items, model, degraded } = await (await modelled(published)).decide()
    expect(ids[0]).toBe(BY_PRIOR)
    expect(items).toHaveLength(10)
    expect(model).toBeNull()
    expect(degraded).toEqual(['model_rejected'])
  })

  it('that serves goes on serving where the next one is refused', async () => {
    const { decide, settle, store, clock } = await modelled(good)
    await decide()
    await store.put([{ key: modelKey(useCase.id), value: GARBAGE }])
    clock.advance(store.refreshMs + 1)
    await decide()
    await settle()
    const { ids, model, degraded } = await decide()
    expect(ids[0]).toBe(BY_MODEL)
    expect(model).toBe('under-test@3')
    expect(degraded).toEqual(['model_rejected'])
  })

  it.each([
    'fails',
    'hangs',
    'throws',
  ] as const)('that serves goes on serving where the store %s, for as long as it lasts', async (fault) => {
    const { decide, settle, store, clock } = await modelled(good)
    await decide()
    await settle()
    store.breakReads((key) => (key.startsWith('model/') ? fault : 'ok'))
    for (const hours of [0, 1, 48]) {
      clock.advance(hours * 3_600_000)
      const { model, tookMs } = await decide()
      expect(model).toBe('under-test@3')
      expect(tookMs).toBeLessThanOrEqual(useCase.budgetMs)
    }
  })

  it.each([
    'fails',
    'hangs',
    'throws',
  ] as const)('that cannot be read in a fresh isolate (the store %s) leaves the prior weights, and it says so', async (fault) => {
    const { decide, store } = await modelled(good)
    store.breakReads((key) => (key.startsWith('model/') ? fault : 'ok'))
    const { ids, model, degraded, tookMs } = await decide()
    expect(ids[0]).toBe(BY_PRIOR)
    expect(model).toBeNull()
    expect(degraded).toEqual(['model_unknown'])
    expect(tookMs).toBeLessThanOrEqual(useCase.budgetMs)
  })

  it('is not unloaded by a feature that the chain gains', async () => {
    const published = encodePublished(4, artifact('year', year.hash))
    const { model } = await (await modelled(published)).decide()
    expect(model).toBe('under-test@4')
  })
})
