import { evictDurableObject } from 'cloudflare:test'
import { describe, expect, it } from 'vitest'
import { statusAt, valueAt } from '../../src/core/table.ts'
import { Item } from '../../stages/entities.ts'
import { isolateTests, items, owners, row, served, watched } from './record-fixture.ts'

isolateTests()

describe('the owner of records', () => {
  it('gives back what was upserted, with its time', async () => {
    await owners.upsert('item', [row('1', { title: 'Toy Story', year: 1995, genres: ['A', 'B'] })])
    expect(await owners.read('item', '1')).toEqual({
      id: '1',
      fields: {
        title: { value: 'Toy Story', status: 'present', updatedAtMs: 1_000 },
        year: { value: 1995, status: 'present', updatedAtMs: 1_000 },
        genres: { value: ['A', 'B'], status: 'present', updatedAtMs: 1_000 },
        impressions_7d: { value: 0, status: 'present', updatedAtMs: 0 },
        clicks_7d: { value: 0, status: 'present', updatedAtMs: 0 },
        ctr_7d: { value: 0.05, status: 'defaulted', updatedAtMs: 0 },
        ratings_total: { value: 0, status: 'present', updatedAtMs: 0 },
        ratings_mean: { value: null, status: 'missing', updatedAtMs: 0 },
      },
      publishedAtMs: null,
    })
    expect(await owners.read('item', '2')).toBe(null)
  })

  it('lets the older value of each attribute lose, and the later of two equals win', async () => {
    const values = async () => {
      const record = await owners.read('item', '1')
      return Object.entries(record!.fields)
        .filter(([name]) => Item.fields.get(name)?.origin === 'attribute')
        .map(([name, field]) => [name, field.value])
    }
    await owners.upsert('item', [row('1', { title: 'new', year: 1990 }, 2_000)])
    await owners.upsert('item', [row('1', { title: 'old', available: true }, 1_000)])
    expect(await values()).toEqual([
      ['title', 'new'],
      ['year', 1990],
      ['available', true],
    ])
    await owners.upsert('item', [
      row('1', { title: 'second' }, 3_000),
      row('1', { title: 'third' }, 3_000),
      row('1', { title: 'first' }, 2_999),
    ])
    expect(await values()).toContainEqual(['title', 'third'])
  })

  it('removes an attribute that is null, and does not let an older value bring it back', async () => {
    await owners.upsert('item', [row('1', { title: 'x', year: 1990 })])
    await owners.upsert('item', [row('1', { year: null }, 2_000)])
    await owners.upsert('item', [row('1', { year: 1991 }, 1_500)])
    const record = await owners.read('item', '1')
    expect(record?.fields.year).toEqual({ value: null, status: 'missing', updatedAtMs: 2_000 })
    await owners.flush('item')
    const table = await served()
    expect(statusAt(table!.column('year'), table!.slotOf('1'))).toBe(2)
  })

  it('keeps its records when it is evicted', async () => {
    await owners.upsert('item', [row('1', { title: 'x' })])
    await owners.flush('item')
    await owners.upsert('item', [row('2', { title: 'y' })])
    await evictDurableObject(items())
    expect((await owners.read('item', '2'))?.fields.title.value).toBe('y')
    expect((await owners.read('item', '1'))?.publishedAtMs).toBeGreaterThan(1e12)
    expect(await owners.count('item')).toBe(2)
  })

  it('takes 500 rows at once, with texts and lists of every kind', async () => {
    const nasty = ['', 'Amélie', '𝄞', '\ud800', '"\\\n\u0000', '__proto__']
    const rows = Array.from({ length: 500 }, (_, i) =>
      row(`id%${i}`, {
        title: nasty[i % nasty.length],
        genres: nasty.slice(0, i % 7),
        year: 1900 + i / 8,
        available: i % 2 === 0,
        neighbour_scores: [i / 3, 0.5],
      }),
    )
    await owners.upsert('item', rows)
    await owners.flush('item')
    const table = await served()
    expect(table?.live).toBe(500)
    for (const { id, attributes } of rows)
      for (const [name, value] of Object.entries(attributes))
        expect(valueAt(table!.column(name), table!.slotOf(id))).toEqual(value)
  })

  it('takes a batch whose text exceeds what SQLite takes as one parameter', async () => {
    const title = '"é\\'.repeat(60_000)
    await owners.upsert(
      'item',
      Array.from({ length: 8 }, (_, i) => row(`${i}`, { title })),
    )
    expect(await owners.count('item')).toBe(8)
    expect((await owners.read('item', '7'))?.fields.title.value).toBe(title)
  })

  it('takes all rows of a batch or none', async () => {
    const large = row('3', { title: 'x'.repeat(600_000) })
    await expect(owners.upsert('item', [row('1', { title: 'x' }), large])).rejects.toThrow(
      'record 3: ',
    )
    await expect(owners.upsert('item', [row('1', {}), row('a\nb', {})])).rejects.toThrow('no id')
    expect(await owners.count('item')).toBe(0)
    await owners.upsert('item', [row('2', { title: 'y' })])
    await owners.flush('item')
    expect((await served())?.ids).toEqual(['2'])
  })

  it('refuses records of another entity', async () => {
    await expect((async () => await items().upsert('user', []))()).rejects.toThrow(
      'owns records of item, not of user',
    )
    await expect(owners.read('nothing', '1')).rejects.toThrow("no entity is named 'nothing'")
  })
})

describe('the import ledger', () => {
  it('says where the first load stands', async () => {
    expect(await owners.importState('item')).toEqual({ state: 'none', atMs: 0 })
    await owners.markImport('item', 'running')
    expect((await owners.importState('item')).state).toBe('running')
    await evictDurableObject(items())
    expect((await owners.importState('item')).state).toBe('running')
  })

  it('says done once everything is published, with a time that only later tables reach', async () => {
    await owners.upsert('item', [row('1', { title: 'x' })])
    await owners.flush('item')
    const before = await served()
    await owners.upsert('item', [row('2', { title: 'y' })])
    await owners.markImport('item', 'done')
    const { state, atMs } = await owners.importState('item')
    const after = await served()
    expect(state).toBe('done')
    expect(before?.asOfMs).toBeLessThan(atMs)
    expect(after?.asOfMs).toBeGreaterThanOrEqual(atMs)
    expect(after?.live).toBe(2)
  })

  it('does not say done where the store could not be written', async () => {
    watched('put', () => {
      throw new Error('503')
    })
    await owners.markImport('item', 'running')
    await expect(owners.markImport('item', 'done')).rejects.toThrow('503')
    expect((await owners.importState('item')).state).toBe('running')
  })
})
