import { evictDurableObject, runDurableObjectAlarm } from 'cloudflare:test'
import { describe, expect, it, vi } from 'vitest'
import { alarmOf, isolateTests, items, owners, row, served, watched } from './record-fixture.ts'

isolateTests()

describe('the page of a paged entity', () => {
  it('is published once for a burst of changes, and once per refresh after', async () => {
    const puts = watched('put')
    for (let i = 0; i < 20; i++) await owners.upsert('item', [row(`${i}`, { title: `t${i}` })])
    const soon = (await alarmOf(items()))! - Date.now()
    expect(soon).toBeLessThanOrEqual(250)
    await runDurableObjectAlarm(items())
    expect(puts).toEqual(['page/item/0'])
    expect((await served())?.live).toBe(20)
    expect(await alarmOf(items())).toBe(null)
    await owners.upsert('item', [row('20', { title: 'later' })])
    const later = (await alarmOf(items()))! - Date.now()
    expect(later).toBeGreaterThan(20_000)
    expect(later).toBeLessThanOrEqual(30_000)
  })

  it('is published by itself a moment after the first change', async () => {
    vi.restoreAllMocks()
    await owners.upsert('item', [row('1', { title: 'x' })])
    await vi.waitFor(async () => expect((await served())?.slotOf('1')).toBe(0), {
      timeout: 5_000,
      interval: 50,
    })
  })

  it('is not published again where nothing has changed', async () => {
    await owners.upsert('item', [row('1', { title: 'x' })])
    await owners.flush('item')
    await runDurableObjectAlarm(items())
    const puts = watched('put')
    await owners.upsert('item', [row('1', { title: 'x' }), row('1', { title: 'x' }, 5_000)])
    expect(await alarmOf(items())).toBe(null)
    expect(puts).toEqual([])
  })

  it('hides a removed record from the next one on, and leaves the others their slots', async () => {
    await owners.upsert(
      'item',
      ['a', 'b', 'c'].map((id) => row(id, { title: id })),
    )
    await owners.flush('item')
    await owners.remove('item', 'b')
    await owners.remove('item', 'unknown')
    expect(await owners.read('item', 'b')).toBe(null)
    expect((await served())?.slotOf('b')).toBe(1)
    await owners.flush('item')
    const table = await served()
    expect(table?.ids).toEqual(['a', '', 'c'])
    expect(table?.live).toBe(2)
    await owners.upsert('item', [row('b', { title: 'again' }, 1)])
    await owners.flush('item')
    expect((await served())?.ids).toEqual(['a', '', 'c', 'b'])
  })

  it('that could not be written is written later, with nothing lost', async () => {
    const puts = watched('put', (call) => {
      if (call <= 3) throw new Error('503')
    })
    await owners.upsert('item', [row('1', { title: 'x' })])
    for (const backoffMs of [1_000, 2_000, 4_000]) {
      const startedMs = Date.now()
      expect(await runDurableObjectAlarm(items())).toBe(true)
      const againMs = await alarmOf(items())
      expect(againMs).toBeGreaterThanOrEqual(startedMs + backoffMs)
      expect(againMs).toBeLessThanOrEqual(Date.now() + backoffMs)
      await owners.upsert('item', [row(`b${backoffMs}`, { title: 'x' })])
      expect(await alarmOf(items()), 'a change does not hasten it').toBe(againMs)
    }
    await runDurableObjectAlarm(items())
    expect(puts.length).toBe(4)
    expect((await served())?.ids).toEqual(['1', 'b1000', 'b2000', 'b4000'])
    expect(await alarmOf(items())).toBe(null)
  })

  it('that could not be written is still due after an eviction', async () => {
    watched('put', (call) => {
      if (call === 1) throw new Error('503')
    })
    await owners.upsert('item', [row('1', { title: 'x' })])
    await runDurableObjectAlarm(items())
    await evictDurableObject(items())
    expect(await runDurableObjectAlarm(items())).toBe(true)
    expect((await served())?.live).toBe(1)
  })

  it('follows for what changed while one was being written', async () => {
    watched('put', async (call) => {
      if (call === 1) await owners.upsert('item', [row('2', { title: 'meanwhile' })])
    })
    await owners.upsert('item', [row('1', { title: 'x' })])
    await runDurableObjectAlarm(items())
    expect((await served())?.ids).toEqual(['1'])
    expect(await runDurableObjectAlarm(items())).toBe(true)
    expect((await served())?.ids).toEqual(['1', '2'])
  })

  it('is not overtaken by an older one of a flush at the same time', async () => {
    let underWay = 0
    let most = 0
    watched('put', async () => {
      most = Math.max(most, ++underWay)
      await scheduler.wait(50)
      underWay--
    })
    await owners.upsert('item', [row('1', { title: 'x' })])
    await Promise.all([owners.flush('item'), owners.flush('item'), owners.flush('item')])
    expect(most).toBe(1)
  })

  it('fails a flush that cannot write it, and is then published by itself', async () => {
    watched('put', (call) => {
      if (call === 1) throw new Error('503 from the store')
    })
    await owners.upsert('item', [row('1', { title: 'x' })])
    await expect(owners.flush('item')).rejects.toThrow('503 from the store')
    expect(await runDurableObjectAlarm(items())).toBe(true)
    expect((await served())?.live).toBe(1)
  })

  it('is written by a flush even where there is no record', async () => {
    expect(await served()).toBe(null)
    const asOfMs = await owners.flush('item')
    expect(await served()).toMatchObject({ live: 0, size: 0, asOfMs })
  })
})
