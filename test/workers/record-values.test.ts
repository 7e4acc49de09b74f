import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { describe, expect, it } from 'vitest'
import { shardOf } from '../../src/core/shard.ts'
import { decodeRecord, recordKey } from '../../src/store/record-value.ts'
import { ownerName } from '../../src/wheel/record-owners.ts'
import { User } from '../../stages/entities.ts'
import { alarmOf, isolateTests, owners, RECORDS, row, store, watched } from './record-fixture.ts'

isolateTests()

describe('the values of a keyed entity', () => {
  const ids = Array.from({ length: 250 }, (_, i) => `u${i}`)
  const published = async (id: string) => {
    const [bytes] = await store.get([recordKey('user', id)])
    return bytes && Object.fromEntries(decodeRecord(bytes, Date.now(), User, []))
  }
  const shard = (id: string) => RECORDS.getByName(ownerName('user', shardOf(id, User.shards)))

  it('are published one by one, those that have changed', async () => {
    const puts = watched('put')
    await owners.upsert(
      'user',
      ids.map((id) => row(id, { batch_seen: [id, '1'] })),
    )
    await owners.flush('user')
    expect(new Set(puts)).toEqual(new Set(ids.map((id) => recordKey('user', id))))
    expect(puts.length).toBe(ids.length)
    expect(await published('u7')).toEqual({
      batch_seen: { value: ['u7', '1'], status: 'present', updatedAtMs: 1_000 },
    })
    await owners.upsert('user', [row('u7', { batch_rating_mean: 3.5 })])
    expect((await alarmOf(shard('u7')))! - Date.now(), '10 s between two').toBeGreaterThan(8_000)
    puts.length = 0
    await runDurableObjectAlarm(shard('u7'))
    expect(puts).toEqual([recordKey('user', 'u7')])
    expect((await owners.read('user', 'u7'))?.publishedAtMs).toBeGreaterThan(1e12)
  })

  it('go when their record is removed', async () => {
    await owners.upsert('user', [row('u1', { batch_seen: ['1'] })])
    await owners.flush('user')
    const deletes = watched('delete', (call) => {
      if (call === 1) throw new Error('503')
    })
    await owners.remove('user', 'u1')
    expect(await owners.read('user', 'u1')).toBe(null)
    expect(await owners.count('user')).toBe(0)
    await runDurableObjectAlarm(shard('u1'))
    expect(await published('u1')).not.toBe(null)
    await runDurableObjectAlarm(shard('u1'))
    expect(deletes.length).toBe(2)
    expect(await published('u1')).toBe(null)
    const kept = await runInDurableObject(shard('u1'), (_, { storage }) =>
      storage.sql.exec('SELECT * FROM records').toArray(),
    )
    expect(kept).toEqual([])
  })

  it('come back when a removed record is pushed again before its value was deleted', async () => {
    await owners.upsert('user', [row('u1', { batch_seen: ['1'] }, 2_000)])
    await owners.flush('user')
    await owners.remove('user', 'u1')
    await owners.upsert('user', [row('u1', { batch_rating_mean: 2 }, 1_000)])
    await owners.flush('user')
    expect(await published('u1')).toEqual({
      batch_rating_mean: { value: 2, status: 'present', updatedAtMs: 1_000 },
    })
  })

  it('follow for a record that changes, or goes, while it is being written', async () => {
    const u1 = shard('u1')
    watched('put', async (call) => {
      if (call === 1) await owners.upsert('user', [row('u1', { batch_rating_mean: 2 }, 2_000)])
      if (call === 2) await owners.remove('user', 'u1')
    })
    await owners.upsert('user', [row('u1', { batch_rating_mean: 1 })])
    await runDurableObjectAlarm(u1)
    expect((await published('u1'))?.batch_rating_mean.value).toBe(1)
    await runDurableObjectAlarm(u1)
    expect((await published('u1'))?.batch_rating_mean.value).toBe(2)
    await runDurableObjectAlarm(u1)
    expect(await published('u1')).toBe(null)
  })

  it('lose nothing when the store fails in the middle, or a record changes meanwhile', async () => {
    let failed = 0
    watched('put', async (call) => {
      if (call === 20)
        await shard('u0').upsert('user', [row('u0', { batch_rating_mean: 5 }, 9_000)])
      if (call % 31 === 0 && failed < 6) throw new Error(`503 (${++failed})`)
    })
    await owners.upsert(
      'user',
      ids.map((id) => row(id, { batch_rating_mean: 1 })),
    )
    for (let i = 0; i < 12; i++)
      for (let s = 0; s < User.shards; s++)
        await runDurableObjectAlarm(RECORDS.getByName(ownerName('user', s)))
    for (const id of ids)
      expect((await published(id))?.batch_rating_mean.value, id).toBe(id === 'u0' ? 5 : 1)
    expect(failed).toBe(6)
  })
})
