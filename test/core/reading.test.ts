import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import {
  candidate,
  clock,
  context,
  derive,
  type Reads,
  recent,
  type ValuesOf,
} from '../../src/core/read.ts'
import { feature, filter, source } from '../../src/core/stage.ts'
import { Item, User } from '../../stages/entities.ts'
import { popular } from '../../stages/generate/popular.ts'
import { decideWith, did, recordOf } from '../fixtures/catalogue.ts'
import { chainWith, derivedFrom, FILMS, featureOf, type StageWith } from '../fixtures/stages.ts'

/** What a stage gets to see of the request for these reads. */
function seenBy<const R extends Reads>(reads: R, given: StageWith = {}): Promise<ValuesOf<R>> {
  return derivedFrom(
    derive('seen_by', { reads, compute: (values) => structuredClone(values) as ValuesOf<R> }),
    given,
  )
}

describe('a stage reads', () => {
  it('the time of the decision and the session', async () => {
    const recently = [did('click', 'f1')]
    const { now, session } = await seenBy({ now: clock, session: recent }, { recent: recently })
    expect(now).toBe(1_790_000_000_000)
    expect(session).toEqual(recently)
  })

  it('fields of the request, each checked by its schema', async () => {
    const page = context({ device: z.enum(['phone', 'tv']), item: z.string() })
    const read = (given: Record<string, unknown>) =>
      seenBy({ page }, { request: { context: given } })
    expect((await read({ device: 'tv', item: 'f1' })).page).toEqual({ device: 'tv', item: 'f1' })
    expect((await read({ device: 'toaster', item: 7 })).page).toEqual({})
    expect((await read({})).page.device).toBeUndefined()
  })

  it('records that the request means, with what it can do without undefined', async () => {
    const { user } = await seenBy(
      { user: User.maybe('batch_rating_count', 'batch_rating_mean') },
      { user: { batch_rating_count: 3 } },
    )
    expect(user).toEqual({ batch_rating_count: 3, batch_rating_mean: undefined })
  })

  it('a required field or nothing: without it the stage does not run', async () => {
    const known = feature('known', {
      reads: { user: User.pick('batch_rating_count', 'batch_rating_mean') },
      fallback: -1,
      compute: ({ user }) => user.batch_rating_count,
    })
    const both = { batch_rating_count: 3, batch_rating_mean: 4 }
    expect((await featureOf(known, { user: both })).get('f0')?.value).toBe(3)
    const one = await featureOf(known, { user: { batch_rating_count: 3 } })
    expect(one.get('f0')).toEqual({ value: -1, status: 'missing' })
    const nulled = await featureOf(known, { user: { ...both, batch_rating_mean: null } })
    expect(nulled.get('f0')).toEqual({ value: -1, status: 'null' })
  })

  it('the candidate’s record under its entity’s name and another record of that entity under its alias', async () => {
    const gap = feature('gap', {
      reads: { page: Item.pick('year'), item: Item.pick('year') },
      fallback: -1,
      compute: ({ page, item }) => item.year - page.year,
    })
    expect((await featureOf(gap, { page: 'f10' })).get('f15')?.value).toBe(5)
  })

  it('the candidate itself', async () => {
    const slot = feature('slot', {
      reads: { candidate },
      fallback: -1,
      compute: ({ candidate: { id, slot } }) => (FILMS.ids[slot] === id ? slot : -2),
    })
    expect((await featureOf(slot)).get('f15')?.value).toBe(15)
  })
})

describe('a derived value', () => {
  const counting = (fails = false) => {
    const calls = { count: 0 }
    const shared = derive('shared', {
      reads: { user: User.maybe('batch_seen') },
      compute: ({ user }) => {
        calls.count++
        if (fails) throw new Error('no')
        return user.batch_seen?.length ?? 0
      },
    })
    const reads = { shared, candidate }
    const useCase = chainWith({
      generate: [
        popular,
        source('first', { limit: 1, reads: { shared }, generate: () => ({ ids: ['f1'] }) }),
      ],
      filter: [filter('second', { reads, onMissing: 'keep', keep: () => true })],
      featurize: [
        feature('third', { reads, fallback: -1, compute: (values) => values.shared }),
        feature('fourth', {
          reads: { outer: derive('outer', { reads: { shared }, compute: ({ shared }) => shared }) },
          fallback: -1,
          compute: ({ outer }) => outer,
        }),
      ],
    })
    return { calls, useCase }
  }

  it('is computed once a decision, however many stages and candidates read it', async () => {
    const { calls, useCase } = counting()
    await decideWith(useCase, { items: FILMS, user: { batch_seen: ['a', 'b'] } })
    expect(calls.count).toBe(1)
    await decideWith(useCase, { items: FILMS })
    expect(calls.count).toBe(2)
  })

  it('that throws is missing for all who read it, is tried once, and is named', async () => {
    const { calls, useCase } = counting(true)
    const { items, matrix, trace } = await decideWith(useCase, { items: FILMS })
    expect(items).toHaveLength(10)
    expect([matrix.values[0], matrix.status[0]]).toEqual([-1, 2])
    expect([matrix.values[matrix.stride], matrix.status[matrix.stride]]).toEqual([-1, 2])
    expect(calls.count).toBe(1)
    expect(trace.degraded).toEqual(['derive_failed:shared'])
  })

  it('is missing where what it needs is missing', async () => {
    const mean = derive('mean', {
      reads: { user: User.pick('batch_rating_mean') },
      compute: ({ user }) => user.batch_rating_mean,
    })
    const above = feature('above', { reads: { mean }, fallback: -1, compute: ({ mean }) => mean })
    expect((await featureOf(above)).get('f0')).toEqual({ value: -1, status: 'missing' })
    const known = await featureOf(above, { user: { batch_rating_mean: 4 } })
    expect(known.get('f0')).toEqual({ value: 4, status: 'present' })
  })
})

describe('a filter that throws', () => {
  const throwing = (onMissing: 'keep' | 'drop') =>
    chainWith({
      filter: [
        filter('picky', {
          reads: { item: Item.pick('year') },
          onMissing,
          keep: ({ item }) => {
            if (item.year % 2 === 0) throw new Error('even')
            return true
          },
        }),
      ],
    })

  it('keeps what it could not judge only where its author wrote so, and is named', async () => {
    const kept = await decideWith(throwing('keep'), { items: FILMS, request: { limit: 100 } })
    expect(kept.ids).toHaveLength(60)
    expect(kept.trace.degraded).toEqual(['filter_failed:picky'])
    const dropped = await decideWith(throwing('drop'), { items: FILMS, request: { limit: 100 } })
    expect(dropped.ids).toHaveLength(30)
    expect(dropped.trace.degraded).toEqual(['filter_failed:picky'])
    expect(dropped.trace.stages.find(({ name }) => name === 'picky')).toMatchObject({
      state: 'failed',
      in: 60,
      out: 30,
    })
  })

  it('does not stop the engine from filling the page from the catalogue', async () => {
    const useCase = {
      ...throwing('drop'),
      generate: [source('few', { limit: 1, generate: () => ({ ids: ['f1'] }) })],
    }
    expect((await decideWith(useCase, { items: FILMS })).ids).toHaveLength(10)
  })
})

it('a user’s attributes in the request lie over the record', async () => {
  const activity = feature('activity', {
    reads: { user: User.pick('batch_rating_count') },
    fallback: -1,
    compute: ({ user }) => user.batch_rating_count,
  })
  const records = new Map([['user', recordOf('u', { batch_rating_count: 7 })]])
  expect((await featureOf(activity, { records })).get('f0')?.value).toBe(7)
})
