import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { best, drawInto, Eligibility } from '../../src/core/draw.ts'
import { DROPS_KEPT, Pool } from '../../src/core/pool.ts'
import { candidate } from '../../src/core/read.ts'
import { filter, source } from '../../src/core/stage.ts'
import type { UseCase } from '../../src/core/use-case.ts'
import { moviesHome } from '../../src/use-cases/movies-home.ts'
import { inStock } from '../../stages/filter/in-stock.ts'
import { notSeen } from '../../stages/filter/not-seen.ts'
import { popular } from '../../stages/generate/popular.ts'
import { decideWith, type TestRecord, tableFrom } from '../fixtures/catalogue.ts'
import { films, filters, satisfies } from '../fixtures/filters.ts'
import { chainWith, FILMS } from '../fixtures/stages.ts'

const everything = { slot: () => true }

function ranking(scores: readonly number[], slots = scores.map((_, slot) => slot)) {
  return { slots: Int32Array.from(slots), scores: Float64Array.from(scores), sorted: false }
}

/** The same chain with sources that bring one candidate each: the engine has to find the others. */
const FRUGAL: UseCase = {
  ...moviesHome,
  generate: moviesHome.generate.map((one) => ({ ...one, limit: 1 })),
}

describe('a page', () => {
  it('is full unless fewer records of the whole catalogue satisfy everything', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.option(films, { freq: 6 }), { minLength: 1, maxLength: 40 }),
        fc.option(filters),
        fc.array(fc.nat(39), { maxLength: 20 }),
        fc.array(fc.nat(39), { maxLength: 20 }),
        fc.integer({ min: 1, max: 30 }),
        fc.nat(1_000),
        fc.boolean(),
        async (catalogue, asked, excluded, watched, limit, seed, frugal) => {
          const records = catalogue.map((attributes, n): TestRecord | null =>
            attributes === null ? null : { id: `i${n}`, attributes },
          )
          const items = tableFrom(records)
          fc.pre(items.live > 0)
          const exclude = new Set(excluded.map((n) => `i${n}`))
          const seen = watched.map((n) => `i${n}`)
          const { ids, trace } = await decideWith(frugal ? FRUGAL : moviesHome, {
            items,
            seed,
            user: { batch_seen: seen },
            request: { limit, exclude, filter: asked ?? undefined },
          })
          const right = records.flatMap((record) =>
            record?.attributes &&
            !exclude.has(record.id) &&
            !seen.includes(record.id) &&
            record.attributes.available !== false &&
            (asked === null || satisfies(record.attributes, asked))
              ? [record.id]
              : [],
          )
          expect(ids).toHaveLength(Math.min(limit, right.length))
          expect(ids.filter((id) => !right.includes(id))).toEqual([])
          expect(new Set(ids).size).toBe(ids.length)
          expect(trace.degraded).toEqual([])
        },
      ),
      { numRuns: 150 },
    )
  })

  it('is full under a filter that only the last records of a large catalogue pass', async () => {
    const items = tableFrom(
      Array.from({ length: 5_000 }, (_, n) => ({
        id: `i${n}`,
        attributes: { batch_positives: 5_000 - n, year: n >= 4_993 ? 2020 : 1990 },
      })),
    )
    const { ids } = await decideWith(moviesHome, {
      items,
      request: { limit: 5, filter: { field: 'year', eq: 2020 } },
    })
    expect(ids).toHaveLength(5)
    expect(ids.every((id) => Number(id.slice(1)) >= 4_993)).toBe(true)
  })

  it('says which candidates the engine had to find itself', async () => {
    const { items, trace } = await decideWith(chainWith({ generate: [source('none', none)] }), {
      items: FILMS,
      request: { limit: 3 },
    })
    expect(items.map(({ sources }) => sources)).toEqual([
      ['catalogue'],
      ['catalogue'],
      ['catalogue'],
    ])
    expect(trace.stages.find(({ name }) => name === 'catalogue')).toMatchObject({ in: 60, out: 3 })
  })
})

const none = { limit: 1, generate: () => ({ ids: [] }) }

describe('every source', () => {
  it.each(
    moviesHome.generate.map((one) => [one.name, one] as const),
  )('%s draws under filter, exclude and the chain’s filters', async (name, one) => {
    const items = tableFrom(
      Array.from({ length: 200 }, (_, n) => ({
        id: `i${n}`,
        attributes: {
          genres: ['Drama'],
          year: 1900 + n,
          available: n % 3 !== 0,
          batch_positives: n,
          neighbours: ['i7'],
          neighbour_scores: [0.5],
        },
      })),
    )
    const { pool } = await decideWith(chainWith({ generate: [one], filter: [notSeen, inStock] }), {
      items,
      user: { batch_recent_items: ['i7'], batch_seen: ['i101', 'i103'] },
      request: {
        filter: { field: 'year', gte: 2000 },
        exclude: new Set(['i106', 'i107']),
      },
    })
    const drawn = Array.from({ length: pool.size }, (_, row) => row)
      .filter((row) => pool.sourcesOf(row).includes(name))
      .map((row) => Number(pool.idOf(row).slice(1)))
    expect(drawn.length).toBeGreaterThan(0)
    for (const n of drawn) {
      expect(n).toBeGreaterThanOrEqual(100)
      expect(n % 3).not.toBe(0)
      expect([101, 103, 106, 107]).not.toContain(n)
    }
  })
})

describe('eligibility', () => {
  it('asks a filter about each record at most once a decision', async () => {
    const asked: string[] = []
    const spy = filter('spy', {
      reads: { candidate },
      onMissing: 'keep',
      keep: ({ candidate: { id } }) => asked.push(id) % 2 === 0,
    })
    const twice = source('again', {
      ...popular,
      reads: {},
      generate: (_, c) => popular.generate({} as never, c, new AbortController().signal),
    })
    await decideWith(chainWith({ generate: [popular, twice], filter: [spy] }), {
      items: FILMS,
      request: { limit: 100 },
    })
    expect(asked).toHaveLength(60)
    expect(new Set(asked).size).toBe(60)
  })

  it('does not ask a later filter about what an earlier one dropped', async () => {
    const asked: number[] = []
    const even = filter('even', {
      reads: { candidate },
      onMissing: 'drop',
      keep: ({ candidate: { slot } }) => slot % 2 === 0,
    })
    const spy = filter('spy', {
      reads: { candidate },
      onMissing: 'drop',
      keep: ({ candidate: { slot } }) => asked.push(slot) > 0,
    })
    const { trace } = await decideWith(chainWith({ filter: [even, spy] }), { items: FILMS })
    expect(asked.every((slot) => slot % 2 === 0)).toBe(true)
    expect(trace.stages.filter(({ stage }) => stage === 'filter')).toMatchObject([
      { name: 'even', in: 60, out: 30 },
      { name: 'spy', in: 30, out: 30 },
    ])
  })

  it('remembers the first drops by name and goes on counting', () => {
    const table = tableFrom(Array.from({ length: 1_000 }, (_, n) => ({ id: `i${n}` })))
    const nothing = filter('nothing', { reads: {}, onMissing: 'drop', keep: () => false })
    const eligibility = new Eligibility(table, new Set(), null, [
      { filter: nothing, reading: { values: {}, perCandidate: true, load: () => 0 } },
    ])
    const pool = new Pool(table, ['one'], 100)
    drawInto(pool, eligibility, ranking(new Array(1_000).fill(1)), 0, 10, new Map())
    expect(eligibility.drops).toHaveLength(DROPS_KEPT)
    expect(eligibility.drops[0]).toMatchObject({ stage: 'nothing', reason: 'not_kept' })
    expect(eligibility.counts).toEqual([{ in: 1_000, dropped: 1_000, failed: 0 }])
  })

  it('holds no slot for eligible that is beyond the catalogue or whose record was removed', () => {
    const table = tableFrom([{ id: 'a' }, null])
    const eligibility = new Eligibility(table, new Set(), null, [])
    expect([-1, 0, 1, 2, 1e9, Number.NaN].map((slot) => eligibility.slot(slot))).toEqual([
      false,
      true,
      false,
      false,
      false,
      false,
    ])
  })
})

describe('best', () => {
  it('is the head of the whole order, whatever the scores', () => {
    const score = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.double(), fc.constant(Number.NaN))
    fc.assert(
      fc.property(fc.array(score), fc.integer({ min: 1, max: 20 }), (scores, limit) => {
        const key = (slot: number) => scores[slot] || 0
        const sorted = scores
          .map((_, slot) => slot)
          .sort((a, b) => {
            const [left, right] = [key(a), key(b)]
            return left === right ? a - b : right > left ? 1 : -1
          })
        const { slots, scores: kept } = best(ranking(scores), limit, everything)
        expect([...slots]).toEqual(sorted.slice(0, limit))
        expect([...kept]).toEqual(sorted.slice(0, limit).map(key))
      }),
    )
  })

  it('leaves out what is not eligible and fills up with the next', () => {
    const { slots } = best(ranking([5, 4, 3, 2, 1]), 3, { slot: (slot) => slot % 2 === 0 })
    expect([...slots]).toEqual([0, 2, 4])
  })
})
