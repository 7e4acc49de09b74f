import { describe, expect, it } from 'vitest'
import { planOf } from '../../src/core/plan.ts'
import { feature, filter, source } from '../../src/core/stage.ts'
import { moviesHome } from '../../src/use-cases/movies-home.ts'
import { Item } from '../../stages/entities.ts'
import { popularity } from '../../stages/featurize/popularity.ts'
import { decideWith, tableFrom } from '../fixtures/catalogue.ts'
import { world } from '../fixtures/runtime.ts'
import { chainWith, FILMS, featureOf, keptBy } from '../fixtures/stages.ts'

describe('every source at once', () => {
  const broken = {
    throws: () => {
      throw new Error('no')
    },
    hangs: () => new Promise<never>(() => {}),
    rejects: () => Promise.reject(new Error('no')),
    empty: () => ({ ids: [] }),
  }

  it('may fail, and the page is full all the same, within the budget', async () => {
    const generate = Object.entries(broken).map(([name, generate]) =>
      source(name, { limit: 10, generate }),
    )
    const { decide, settle } = await world(chainWith({ generate, fallback: ['318'] }))
    await decide()
    await settle()
    const { items, degraded, tookMs } = await decide()
    expect(items).toHaveLength(10)
    expect(items.every(({ sources }) => String(sources) === 'catalogue')).toBe(true)
    expect(degraded).toEqual(['source_failed:throws', 'source_late:hangs', 'source_failed:rejects'])
    expect(tookMs).toBe(150)
  })
})

describe('a record that is missing, invalid or not a number', () => {
  const items = tableFrom([
    { id: 'fine', attributes: { year: 1990, batch_positives: 3 } },
    { id: 'nan', attributes: { year: Number.NaN, batch_positives: Number.NaN } },
    { id: 'odd', attributes: { year: 'soon', batch_positives: ['many'] } },
    { id: 'infinite', attributes: { year: Number.POSITIVE_INFINITY } },
    { id: 'null', attributes: { year: null, batch_positives: null } },
    { id: 'stale', attributes: { year: 1990 }, status: { year: 'stale' } },
    { id: 'missing' },
  ])

  it.each([
    'keep',
    'drop',
  ] as const)('is judged by the filter’s onMissing: %s', async (onMissing) => {
    const dated = filter('dated', {
      reads: { item: Item.pick('year') },
      onMissing,
      keep: ({ item }) => item.year === 1990,
    })
    const kept = await keptBy(dated, { items })
    expect(kept).toEqual(onMissing === 'drop' ? ['fine'] : [...items.ids].sort())
  })

  it('gives the feature’s fallback and its mask bit', async () => {
    const values = await featureOf(popularity, { items })
    expect(values.get('fine')?.status).toBe('present')
    for (const id of ['nan', 'odd', 'infinite', 'missing'])
      expect(values.get(id), id).toEqual({ value: 0, status: 'missing' })
    expect(values.get('null')).toEqual({ value: 0, status: 'null' })
  })

  it('is ranked: scores stay finite whatever the features do', async () => {
    const wild = feature('wild', {
      reads: { item: Item.maybe('year') },
      fallback: 0,
      compute: ({ item }) => (item.year ?? 0) / 0,
    })
    const { scores, items: served } = await decideWith(
      chainWith({ featurize: [wild, popularity] }),
      { items },
    )
    expect(served).toHaveLength(7)
    expect([...scores].every(Number.isFinite)).toBe(true)
  })
})

describe('an empty pool', () => {
  it('gives the owner’s ids with propensity 1 and says so', async () => {
    const { items, trace } = await decideWith(moviesHome, { items: null, request: { limit: 3 } })
    expect(items).toEqual(
      ['318', '356', '296'].map((id, i) => ({
        id,
        position: i + 1,
        score: null,
        propensity: 1,
        sources: ['fallback'],
        row: -1,
      })),
    )
    expect(trace.degraded).toEqual(['fallback'])
  })

  it('that the request’s own wishes emptied stays empty: nothing is served against them', async () => {
    const { items, trace } = await decideWith(moviesHome, {
      items: FILMS,
      request: { filter: { field: 'year', gt: 3000 } },
    })
    expect(items).toEqual([])
    expect(trace.degraded).toEqual([])
  })

  it('leaves no hole in the trace', async () => {
    const { trace } = await decideWith(moviesHome, { items: null })
    expect(new Set(trace.stages.map(({ stage }) => stage))).toEqual(
      new Set(['generate', 'filter', 'featurize', 'score', 'rank']),
    )
  })
})

it('a contradictory use case stops the start', () => {
  expect(() => planOf({ ...moviesHome, featurize: [popularity, popularity] })).toThrow(
    "use case movies-home: two features are named 'popularity'",
  )
})
