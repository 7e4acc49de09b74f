import { evictDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { DAY_MS } from '../../src/core/duration.ts'
import type { Entity } from '../../src/core/entity.ts'
import { applyHistory, historyNext } from '../../src/wheel/apply-history.ts'
import { ownerName } from '../../src/wheel/record-owners.ts'
import { Item } from '../../stages/entities.ts'
import { changesFor, history, options, outcome, retractionOf } from './apply-fixture.ts'
import { isolateTests, items, owners, RECORDS } from './record-fixture.ts'

isolateTests()

const { LAKE } = env as unknown as { LAKE: R2Bucket }
const runtime = { ...options, lake: LAKE }

/** Ratings of years ago, far beyond the keys' horizon. */
const list = history(31, 120, 900 * DAY_MS).map((event) => ({
  ...event,
  trust: 'counted' as const,
  voucher: 'history' as const,
  receivedMs: 1_790_000_000_000,
}))

/** Brings events `from` to `to` of the history. */
function bring(from: number, to: number, replay = 'h', events = list) {
  const part = events.slice(from, to).map((event, at) => ({ sequence: from + at, event }))
  return applyHistory(runtime, { replay, from, to }, part)
}

const itemChanges = (from: number, to: number) =>
  changesFor(Item as unknown as Entity, list.slice(from, to)).map((change) => ({
    ...change,
    sequence: change.sequence + from,
  }))

async function everything() {
  const records = []
  for (const id of ['0', '1', '2', '3', '4', '5']) records.push(await owners.read('item', id))
  for (const id of ['u0', 'u1', 'u2', 'u3']) records.push(await owners.read('user', id))
  return records.map((record) =>
    Object.entries(record?.fields ?? {}).map(([name, field]) => [name, field]),
  )
}

describe('a history', () => {
  it('counts whatever its age, and once, however often and in what pieces it is brought', async () => {
    await bring(0, 50)
    await bring(50, 120)
    const once = await everything()
    expect(list.filter(({ item, type }) => item === '0' && type === 'rate').length).toBeGreaterThan(
      0,
    )
    const rated = list.filter(({ item, type }) => item === '0' && type === 'rate')
    const first = await owners.read('item', '0')
    expect(rated.length).toBeGreaterThan(0)
    expect(first?.fields.ratings_total.value).toBe(rated.length)
    expect(await bring(0, 120)).toEqual({ next: 120, lacking: false })
    await evictDurableObject(items())
    await bring(30, 70)
    await bring(100, 120)
    expect(await everything()).toEqual(once)
    expect(await historyNext(runtime, 'h')).toBe(120)
  })

  it('goes on where it broke: owners that had a part leave it out, others take it', async () => {
    await bring(0, 40)
    // Some objects get the part, and then the machine is gone.
    const part = { replay: 'h', from: 40, to: 80 }
    await RECORDS.getByName(ownerName('item', 0)).replay('item', part, itemChanges(40, 80))
    await RECORDS.getByName(ownerName('user', 1)).replay('user', part, [])
    expect(await historyNext(runtime, 'h')).toBe(40)
    await bring(40, 120)
    expect(await historyNext(runtime, 'h')).toBe(120)
    const rated = list.filter(({ item, type }) => item === '0' && type === 'rate')
    expect((await owners.read('item', '0'))?.fields.ratings_total.value).toBe(rated.length)
  })

  it('says where to go on when a part before is lacking, and changes nothing', async () => {
    await bring(0, 10)
    expect(await bring(20, 30)).toEqual({ next: 10, lacking: true })
    expect(await historyNext(runtime, 'h')).toBe(10)
  })

  it('is apart from others of another name', async () => {
    await bring(0, 10)
    expect(await historyNext(runtime, 'other')).toBe(0)
    await bring(0, 10, 'other')
    const total = async () => (await owners.read('item', '0'))?.fields.ratings_total.value
    const rated = list.slice(0, 10).filter(({ item, type }) => item === '0' && type === 'rate')
    expect(await total()).toBe(2 * rated.length)
  })

  it('takes back what stands before it', async () => {
    const click = outcome({ type: 'rate', value: 3, voucher: 'history' })
    const events = [click, retractionOf(click)]
    await applyHistory(
      runtime,
      { replay: 'r', from: 0, to: 2 },
      events.map((event, sequence) => ({ sequence, event })),
    )
    expect((await owners.read('item', '1'))?.fields.ratings_total.value).toBe(0)
  })

  it('is in the lake, once where nothing broke', async () => {
    const before = (await LAKE.list({ prefix: 'events/kind=outcome/' })).objects.length
    await bring(0, 60)
    await bring(0, 60)
    const after = await LAKE.list({ prefix: 'events/kind=outcome/' })
    expect(after.objects.length).toBe(before + 1)
  })

  it('is not marked where the lake could not be written', async () => {
    const failing = { ...LAKE, put: async () => Promise.reject(new Error('503')) }
    const part = [{ sequence: 0, event: list[0] }]
    const call = { replay: 'h', from: 0, to: 1 }
    const lake = failing as unknown as R2Bucket
    await expect(applyHistory({ ...runtime, lake }, call, part)).rejects.toThrow('503')
    expect(await historyNext(runtime, 'h')).toBe(0)
  })
})
