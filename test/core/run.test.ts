import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { given, retrieved } from '../../src/core/read.ts'
import { feature, filter, source } from '../../src/core/stage.ts'
import { moviesRerank } from '../../src/use-cases/movies-rerank.ts'
import { moviesSimilar } from '../../src/use-cases/movies-similar.ts'
import { Item, User } from '../../stages/entities.ts'
import { popularity } from '../../stages/featurize/popularity.ts'
import { ratingMean } from '../../stages/featurize/rating-mean.ts'
import { inStock } from '../../stages/filter/in-stock.ts'
import { popular } from '../../stages/generate/popular.ts'
import { requested } from '../../stages/generate/requested.ts'
import { trending } from '../../stages/generate/trending.ts'
import { decideWith, recordOf, tableFrom } from '../fixtures/catalogue.ts'
import { virtualClock } from '../fixtures/clock.ts'
import { chainWith, FILMS } from '../fixtures/stages.ts'

const candidates = (...ids: string[]) => ids.map((id) => ({ id, fields: {} }))

describe('candidates', () => {
  it('that two sources draw are one, and remember both', async () => {
    const { items, pool } = await decideWith(chainWith({ generate: [popular, trending] }), {
      items: FILMS,
      request: { limit: 60 },
    })
    expect(pool.size).toBe(60)
    expect(items).toHaveLength(60)
    for (const item of items) expect(item.sources).toEqual(['popular', 'trending'])
  })

  it('keep the score that each source gave them', async () => {
    const drawn = feature('drawn', {
      reads: { a: retrieved('popular'), b: retrieved('trending') },
      fallback: -1,
      compute: ({ a = -1, b = -1 }) => 1_000 * a + b,
    })
    const { matrix, pool } = await decideWith(
      chainWith({ generate: [popular, trending], featurize: [drawn] }),
      { items: FILMS },
    )
    expect(matrix.values[pool.rowOf('f3')]).toBe(97_003)
  })

  it('given twice are ranked once', async () => {
    const { ids } = await decideWith(moviesRerank, {
      items: FILMS,
      request: { candidates: candidates('f3', 'f9', 'f3', 'x', 'x'), limit: 100 },
    })
    expect([...ids].sort()).toEqual(['f3', 'f9', 'x'])
  })

  it('that nobody knows are ranked on fallbacks, and their features say so', async () => {
    const { pool, matrix, items } = await decideWith(
      chainWith({ generate: [requested], featurize: [popularity, ratingMean], filter: [inStock] }),
      { items: FILMS, request: { candidates: candidates('x', 'f0') } },
    )
    expect(items).toHaveLength(2)
    const row = pool.rowOf('x')
    const cells = [0, 1].map((index) => index * matrix.stride + row)
    expect(cells.map((cell) => matrix.values[cell])).toEqual([0, 3.5])
    expect(cells.map((cell) => matrix.status[cell])).toEqual([2, 2])
    expect(matrix.status[pool.rowOf('f0')]).toBe(0)
  })

  it('that nobody knows are dropped where a filter says so', async () => {
    const dated = filter('dated', {
      reads: { item: Item.pick('year') },
      onMissing: 'drop',
      keep: () => true,
    })
    const { ids, drops } = await decideWith(chainWith({ generate: [requested], filter: [dated] }), {
      items: FILMS,
      request: { candidates: candidates('x', 'f0', 'x') },
    })
    expect(ids).toEqual(['f0'])
    expect(drops).toEqual([{ id: 'x', stage: 'dated', reason: 'missing' }])
  })

  it('that are given and dropped say by which stage and why', async () => {
    const items = tableFrom([
      { id: 'gone', attributes: { available: false, year: 1999 } },
      { id: 'old', attributes: { year: 1950 } },
      { id: 'out', attributes: { year: 1999 } },
      { id: 'in', attributes: { year: 1999 } },
    ])
    const { ids, drops } = await decideWith(moviesRerank, {
      items,
      request: {
        candidates: candidates('gone', 'old', 'out', 'in'),
        exclude: new Set(['out']),
        filter: { field: 'year', gte: 1990 },
      },
    })
    expect(ids).toEqual(['in'])
    expect(drops).toEqual([
      { id: 'gone', stage: 'in_stock', reason: 'not_kept' },
      { id: 'old', stage: 'request', reason: 'filter' },
      { id: 'out', stage: 'request', reason: 'excluded' },
    ])
  })

  it('that are given are all that is ranked, however few they are', async () => {
    const { ids } = await decideWith(moviesRerank, {
      items: FILMS,
      request: { candidates: candidates('f5'), limit: 10 },
    })
    expect(ids).toEqual(['f5'])
  })

  it('bring fields of their own', async () => {
    const sent = feature('sent', {
      reads: { fields: given({ weight: z.number() }) },
      fallback: 0,
      compute: ({ fields }) => fields.weight,
    })
    const { matrix, pool } = await decideWith(
      chainWith({ generate: [requested], featurize: [sent] }),
      {
        items: FILMS,
        request: {
          candidates: [
            { id: 'f1', fields: { weight: 7 } },
            { id: 'x', fields: { weight: 9 } },
          ],
        },
      },
    )
    expect(matrix.values[pool.rowOf('f1')]).toBe(7)
    expect(matrix.values[pool.rowOf('x')]).toBe(9)
  })
})

describe('a source', () => {
  const slow = (name: string, ms: number, timeoutMs?: number) => {
    const clock = virtualClock()
    const signals: AbortSignal[] = []
    const one = source(name, {
      limit: 5,
      timeoutMs,
      generate: async (_, _context, signal) => {
        signals.push(signal)
        await clock.sleep(ms, new AbortController().signal)
        return { ids: ['f50', 'f51'], scores: [2, 1] }
      },
    })
    return { one, clock, signals }
  }

  it('that answers in time is drawn from, and the trace says how long it took', async () => {
    const { one, clock } = slow('remote', 40)
    const { pool, trace } = await decideWith(chainWith({ generate: [one] }), {
      items: FILMS,
      clock,
    })
    expect(pool.sourcesOf(pool.rowOf('f50'))).toEqual(['remote'])
    expect(trace.stages[0]).toMatchObject({
      name: 'remote',
      in: 2,
      out: 2,
      state: 'ok',
      ioMs: 40,
    })
  })

  it('that is late is left out, told to stop, and named', async () => {
    const { one, clock, signals } = slow('remote', 500)
    const startMs = clock.nowMs()
    const { items, pool, trace } = await decideWith(chainWith({ generate: [one, popular] }), {
      items: FILMS,
      clock,
    })
    expect(clock.nowMs() - startMs).toBe(150)
    expect(items).toHaveLength(10)
    expect(pool.sourcesOf(pool.rowOf('f50'))).toEqual(['popular'])
    expect(trace.degraded).toEqual(['source_late:remote'])
    expect(trace.stages[0]).toMatchObject({ state: 'late', in: 0, out: 0, ioMs: 150 })
    expect(signals[0].aborted).toBe(true)
  })

  it('has a time of its own where it states one', async () => {
    const { one, clock } = slow('remote', 60, 50)
    const { trace } = await decideWith(chainWith({ generate: [one] }), { items: FILMS, clock })
    expect(trace.stages[0]).toMatchObject({ state: 'late', ioMs: 50 })
  })

  it('waits beside the others, not after them', async () => {
    const clock = virtualClock()
    const startMs = clock.nowMs()
    const wait = (name: string) =>
      source(name, {
        limit: 1,
        generate: async () => {
          await clock.sleep(100, new AbortController().signal)
          return { ids: ['f1'] }
        },
      })
    const { trace } = await decideWith(chainWith({ generate: [wait('a'), wait('b'), wait('c')] }), {
      items: FILMS,
      clock,
    })
    expect(clock.nowMs() - startMs).toBe(100)
    expect(trace.degraded).toEqual([])
  })

  it.each([
    [
      'throws',
      () => {
        throw new Error('no')
      },
    ],
    ['rejects', () => Promise.reject(new Error('no'))],
    ['answers with nothing', () => undefined],
    ['answers with something else', () => ({ slots: 7 })],
    ['answers later with something else', () => Promise.resolve('html')],
  ])('that %s loses its candidates, not the page', async (_, generate) => {
    const broken = source('broken', { limit: 5, generate: generate as never })
    const { items, trace } = await decideWith(chainWith({ generate: [broken, popular] }), {
      items: FILMS,
    })
    expect(items).toHaveLength(10)
    expect(trace.degraded).toEqual(['source_failed:broken'])
    expect(trace.stages[0]).toMatchObject({ name: 'broken', state: 'failed', in: 0, out: 0 })
  })

  it('that is gated is skipped, and the trace says so', async () => {
    const gated = source('gated', {
      limit: 5,
      when: ({ recent }) => recent.length > 0,
      generate: () => ({ ids: ['f1'] }),
    })
    const { trace } = await decideWith(chainWith({ generate: [gated, popular] }), { items: FILMS })
    expect(trace.stages[0]).toMatchObject({ name: 'gated', state: 'skipped', in: 0, out: 0 })
    expect(trace.degraded).toEqual([])
  })

  it('whose gate throws has failed', async () => {
    const gated = source('gated', {
      limit: 5,
      when: () => {
        throw new Error('no')
      },
      generate: () => ({ ids: ['f1'] }),
    })
    const { trace } = await decideWith(chainWith({ generate: [gated, popular] }), { items: FILMS })
    expect(trace.degraded).toEqual(['source_failed:gated'])
  })

  it('that needs a field which is missing is skipped', async () => {
    const mine = source('mine', {
      limit: 5,
      reads: { user: User.pick('batch_seen') },
      generate: ({ user }) => ({ ids: user.batch_seen }),
    })
    const useCase = chainWith({ generate: [mine, popular] })
    const guest = await decideWith(useCase, { items: FILMS })
    expect(guest.trace.stages[0].state).toBe('skipped')
    const known = await decideWith(useCase, { items: FILMS, user: { batch_seen: ['f3'] } })
    expect(known.trace.stages[0]).toMatchObject({ state: 'ok', out: 1 })
  })

  it('keeps its candidates where its scores are no numbers', async () => {
    const odd = source('odd', {
      limit: 3,
      generate: () => ({
        slots: Int32Array.of(4, 5, 6, 7),
        scores: Float64Array.of(Number.NaN, 1, Number.NaN, 2),
        sorted: false,
      }),
    })
    const flag = feature('flag', {
      reads: { score: retrieved('odd') },
      fallback: 0,
      compute: ({ score }) => (score === undefined ? 0 : 1),
    })
    const { pool, matrix, trace } = await decideWith(
      chainWith({ generate: [odd], featurize: [flag] }),
      { items: FILMS, request: { limit: 1 } },
    )
    expect(Array.from({ length: pool.size }, (_, row) => pool.idOf(row))).toEqual([
      'f7',
      'f5',
      'f4',
    ])
    expect(Array.from(matrix.values.subarray(0, 3))).toEqual([1, 1, 1])
    expect(trace.degraded).toEqual([])
  })

  it('draws nothing for ids that are no texts', async () => {
    const odd = source('odd', { limit: 5, generate: () => ({ ids: [7, null, 'f1'] as never }) })
    const { pool } = await decideWith(chainWith({ generate: [odd] }), {
      items: FILMS,
      request: { limit: 1 },
    })
    expect(Array.from({ length: pool.size }, (_, row) => pool.idOf(row))).toEqual(['f1'])
  })

  it('draws nothing for slots that hold no record', async () => {
    const items = tableFrom([null, { id: 'a' }, null])
    const wild = source('wild', {
      limit: 5,
      generate: () => ({
        slots: Int32Array.of(-1, 0, 1, 2, 3, 1_000_000),
        scores: new Float64Array(6),
        sorted: true,
      }),
    })
    const { ids } = await decideWith(chainWith({ generate: [wild] }), { items })
    expect(ids).toEqual(['a'])
  })
})

describe('a decision', () => {
  it('is the same for the same seed and another for another', async () => {
    const decide = (seed: number) =>
      decideWith(moviesSimilar, {
        items: FILMS,
        seed,
        request: { context: { item: 'f10' } },
        records: new Map([['page', recordOf('f10', { genres: ['Comedy'], year: 1970 })]]),
      })
    const first = await decide(1)
    expect((await decide(1)).items).toEqual(first.items)
    const others = await Promise.all([2, 3, 4, 5, 6].map(decide))
    expect(others.some(({ ids }) => String(ids) !== String(first.ids))).toBe(true)
  })

  it('reports every stage of its chain in order', async () => {
    const { trace } = await decideWith(chainWith({ filter: [inStock], featurize: [popularity] }), {
      items: FILMS,
    })
    expect(trace.stages.map(({ stage, name, state }) => `${stage} ${name} ${state}`)).toEqual([
      'generate popular ok',
      'filter in_stock ok',
      'featurize features ok',
      'score linear ok',
      'rank top_k ok',
    ])
  })
})
