import { describe, expect, it } from 'vitest'
import { timeOfUuidv7 } from '../../src/core/decision-id.ts'
import { itemHash, verifyReceipt } from '../../src/core/receipt.ts'
import { source } from '../../src/core/stage.ts'
import { moviesHome } from '../../src/use-cases/movies-home.ts'
import { moviesRerank } from '../../src/use-cases/movies-rerank.ts'
import { moviesSimilar } from '../../src/use-cases/movies-similar.ts'
import { receiptOf } from '../../src/wheel/decide.ts'
import { historySimilarity } from '../../stages/featurize/history-similarity.ts'
import { userActivity } from '../../stages/featurize/user-activity.ts'
import { notSeen } from '../../stages/filter/not-seen.ts'
import { requested } from '../../stages/generate/requested.ts'
import { did } from '../fixtures/catalogue.ts'
import { publishUser, world } from '../fixtures/runtime.ts'
import { chainWith } from '../fixtures/stages.ts'

const given = (count: number) =>
  Array.from({ length: count }, (_, n) => ({ id: String(100_000 + n), fields: {} }))

describe('the store calls of a decision in the steady state', () => {
  it.each([
    10, 500,
  ])('are one get with one key for a known user who has %i candidates ranked', async (count) => {
    const { decide, settle, store } = await world(moviesRerank, 1_000)
    const call = { userId: 'u1', request: { candidates: given(count), limit: 10 } }
    await decide(call)
    await settle()
    store.reads.length = 0
    const { pool, degraded } = await decide(call)
    await settle()
    expect(pool.size).toBe(count)
    expect(store.reads).toEqual([['record/user/u1']])
    expect(degraded).toEqual([])
  })

  it.each([10, 500])('are none for a guest who has %i candidates ranked', async (count) => {
    const { decide, settle, store } = await world(moviesRerank, 1_000)
    const call = { request: { candidates: given(count), limit: 10 } }
    await decide(call)
    await settle()
    store.reads.length = 0
    expect((await decide(call)).pool.size).toBe(count)
    await settle()
    expect(store.reads).toEqual([])
  })

  it('are one get for a known user of the whole chain, also for one who has no record', async () => {
    const { decide, settle, store } = await world(moviesHome, 1_000)
    for (const userId of ['u1', 'stranger']) {
      await decide({ userId })
      await settle()
      store.reads.length = 0
      const { items, pool } = await decide({ userId, request: { limit: 20 } })
      await settle()
      expect(items).toHaveLength(20)
      expect(pool.size).toBeGreaterThan(100)
      expect(store.reads).toEqual([[`record/user/${userId}`]])
    }
  })

  it('are none where the chain needs no field of the user', async () => {
    const { decide, settle, store } = await world(chainWith({}))
    await decide({ userId: 'u1' })
    await settle()
    store.reads.length = 0
    await decide({ userId: 'u1' })
    expect(store.reads).toEqual([])
  })

  it('are none for an id that cannot be one', async () => {
    const { decide, settle, store } = await world(moviesHome)
    await decide()
    await settle()
    store.reads.length = 0
    for (const userId of ['', 'a b', '..', 'é', 'x'.repeat(129)]) await decide({ userId })
    expect(store.reads).toEqual([])
  })

  it('grow by a read of each page where pages are due, and the decision does not wait for it', async () => {
    const { decide, settle, store, clock } = await world(moviesHome)
    await decide()
    await settle()
    clock.advance(store.refreshMs + 1)
    store.reads.length = 0
    store.breakReads(400)
    const { tookMs, degraded } = await decide()
    expect(tookMs).toBe(0)
    expect(degraded).toEqual([])
    await settle()
    expect(store.reads.flat().sort()).toEqual([
      'model/movies-home',
      'page/item/0',
      'page/item/0/aggregates',
    ])
  })
})

describe('a decision', () => {
  it('has an id of its own that tells its time', async () => {
    const { decide, clock } = await world(moviesHome)
    const ids = [(await decide()).decisionId, (await decide()).decisionId]
    expect(ids.map(timeOfUuidv7)).toEqual([clock.nowMs(), clock.nowMs()])
    expect(new Set(ids).size).toBe(2)
  })

  it('draws its chance from its id: the same id, the same page', async () => {
    const one = await world(moviesHome, 300)
    const other = await world(moviesHome, 300)
    const pages = [await one.decide({ userId: 'u1' }), await other.decide({ userId: 'u1' })]
    expect(pages[0].decisionId).toBe(pages[1].decisionId)
    expect(pages[0].items).toEqual(pages[1].items)
    expect((await one.decide({ userId: 'u1' })).items).not.toEqual(pages[0].items)
  })

  it('leaves out what the user has seen, on record and a moment ago', async () => {
    const { decide } = await world(moviesHome)
    const guest = await decide({ request: { limit: 40 } })
    expect(guest.ids).toContain('318')
    const known = await decide({
      userId: 'u1',
      recent: [did('dismiss', '593')],
      request: { limit: 40 },
    })
    expect(known.ids).toHaveLength(38)
    expect(known.ids).not.toContain('318')
    expect(known.ids).not.toContain('593')
  })

  it('lets attributes of the request lie over the record, for this decision alone', async () => {
    const useCase = chainWith({ filter: [notSeen] })
    const { decide } = await world(useCase)
    const over = {
      user: { id: 'u1', attributes: new Map([['batch_seen', ['356', '296']]]) },
      limit: 40,
    }
    const { ids } = await decide({ request: over })
    expect(ids).toContain('318')
    expect(ids).not.toContain('356')
    expect((await decide({ userId: 'u1', request: { limit: 40 } })).ids).not.toContain('318')
  })

  it('takes attributes of a guest who has no id', async () => {
    const { decide, store } = await world(chainWith({ filter: [notSeen] }))
    const user = { id: undefined, attributes: new Map([['batch_seen', ['356']]]) }
    expect((await decide({ request: { user, limit: 40 } })).ids).not.toContain('356')
    expect(store.reads.flat()).not.toContain('record/user/undefined')
  })

  it('reads the film that the page is about from memory', async () => {
    const { decide, settle, store } = await world(moviesSimilar)
    const request = { context: { item: '318' } }
    await decide({ request })
    await settle()
    store.reads.length = 0
    const { ids, trace } = await decide({ request })
    expect(ids).toHaveLength(10)
    expect(ids).not.toContain('318')
    expect(trace.stages.find(({ name }) => name === 'page_genre_matches')?.state).toBe('ok')
    expect(store.reads).toEqual([])
  })

  it('gives sources what the budget leaves when the read was slow but in time', async () => {
    const never = source('never', { limit: 1, generate: () => new Promise(() => {}) })
    const { decide, settle, store } = await world(
      chainWith({ generate: [never], filter: [notSeen] }),
    )
    await decide()
    await settle()
    store.breakReads((key) => (key.startsWith('record/') ? 50 : 'ok'))
    const { tookMs, degraded, trace } = await decide({ userId: 'u1' })
    expect(tookMs).toBe(150)
    expect(degraded).toEqual(['source_late:never'])
    expect(trace.stages.map(({ name, state, ioMs }) => [name, state, ioMs]).slice(0, 2)).toEqual([
      ['memory', 'ok', 50],
      ['never', 'late', 100],
    ])
  })
})

describe('a value of the user’s record', () => {
  it('that is of another kind than its field declares is missing', async () => {
    const { decide, store } = await world(
      chainWith({ filter: [notSeen], featurize: [userActivity, historySimilarity] }),
    )
    await publishUser(store, 'odd', {
      batch_seen: 7,
      batch_recent_items: [1, 2],
      batch_rating_count: 'many',
      batch_rating_mean: true,
      long_gone: 'x',
    })
    const { items, matrix, degraded } = await decide({ userId: 'odd' })
    expect(items).toHaveLength(10)
    expect([matrix.values[0], matrix.status[0]]).toEqual([0, 2])
    expect(degraded).toEqual([])
  })

  it('that is null is missing too, and an empty list is a list', async () => {
    const { decide, store } = await world(
      chainWith({ featurize: [userActivity], filter: [notSeen] }),
    )
    await publishUser(store, 'empty', { batch_seen: [], batch_rating_count: null })
    const { matrix } = await decide({ userId: 'empty' })
    expect([matrix.values[0], matrix.status[0]]).toEqual([0, 1])
  })
})

describe('a receipt', () => {
  it('says who was shown what, in order, and is ours', async () => {
    const { decide, runtime } = await world(moviesHome)
    const decision = await decide({ userId: 'u1' })
    const payload = verifyReceipt(
      receiptOf(runtime, decision),
      runtime.receiptKeys,
      runtime.digests.equal,
    )
    expect(payload).toEqual({
      decisionId: decision.decisionId,
      decidedAtMs: decision.decidedAtMs,
      useCase: 'movies-home',
      variant: 'control',
      model: null,
      user: 'u1',
      consent: { personalize: true, train: true },
      items: decision.ids.map(itemHash),
    })
  })

  it('names no user for a guest', async () => {
    const { decide, runtime } = await world(chainWith({ generate: [requested] }))
    const receipt = receiptOf(runtime, await decide({ request: { candidates: given(3) } }))
    const payload = verifyReceipt(receipt, runtime.receiptKeys, runtime.digests.equal)
    expect(payload.user).toBeNull()
    expect(payload.items).toHaveLength(3)
  })
})
