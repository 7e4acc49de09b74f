import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { count, lastK, mean, rate } from '../../src/core/aggregate/declare.ts'
import { defineEntity, type Entity } from '../../src/core/entity.ts'
import { STATUSES } from '../../src/core/field.ts'
import type { StoredValue } from '../../src/core/record.ts'
import { statusAt, type Table, valueAt } from '../../src/core/table.ts'
import { isolateCache } from '../../src/store/isolate-cache.ts'
import { memoryStore } from '../../src/store/memory.ts'
import { aggregatesKey, packPage, pageKey } from '../../src/store/page.ts'
import { tableCache } from '../../src/store/tables.ts'

const Thing = defineEntity('thing', {
  layout: 'paged',
  owner: 'tests',
  shards: 2,
  attributes: { title: z.string() },
  aggregates: {
    clicks: count('click'),
    ctr: rate('click', 'impression', { prior: [1, 3] }),
    ratings_mean: mean('rate'),
    visitors: lastK('click', { k: 3, of: 'user' }),
  },
}) as unknown as Entity

const AS_OF_MS = 1_790_000_000_000
const fieldsOf = (origin: string) =>
  [...Thing.fields.values()].filter((field) => field.origin === origin)

/** A page of attributes of `ids`. */
function attributes(shard: number, ids: readonly string[], epoch = 0) {
  const records = ids.map((id, slot) => ({
    ...{ slot, id },
    fields: new Map([['title', { value: `t ${id}`, status: 'present', updatedAtMs: 1 } as const]]),
  }))
  const key = pageKey('thing', shard)
  const value = packPage({
    ...{ entity: 'thing', shard, shards: 2, asOfMs: AS_OF_MS + 9, slots: ids.length, epoch },
    ...{ fields: fieldsOf('attribute'), records },
  })
  return { key, value }
}

/** A page of aggregates; each slot has clicks of its number and one, and a visitor by that name. */
function aggregates(shard: number, slots: number, epoch = 0) {
  const present = (value: number | string[]) =>
    ({ value, status: 'present', updatedAtMs: 1 }) as const
  const records = Array.from({ length: slots }, (_, slot) => ({
    ...{ slot, id: '' },
    fields: new Map<string, StoredValue>([
      ['clicks', present(slot + 1)],
      ['ctr', present((slot + 1) / 7)],
      ['ratings_mean', { value: null, status: 'missing', updatedAtMs: 0 } as const],
      ['visitors', present([`v${slot}`])],
    ]),
  }))
  const key = aggregatesKey('thing', shard)
  const value = packPage({
    ...{ entity: 'thing', shard, shards: 2, asOfMs: AS_OF_MS, slots, epoch, part: 'aggregates' },
    ...{ fields: fieldsOf('aggregate'), records },
  })
  return { key, value }
}

async function tableFrom(...entries: { key: string; value: Uint8Array }[]): Promise<Table> {
  const clock = {
    nowMs: () => AS_OF_MS,
    sleep: (ms: number) => new Promise<void>((wake) => setTimeout(wake, ms)),
  }
  const store = memoryStore(clock)
  await store.put(entries)
  const cache = isolateCache({ clock, random: () => 0.5 })
  const { value, error } = await tableCache({ store, cache }).read(Thing, {
    ...{ waitMs: 1_000, waitUntil: () => {} },
  })
  expect(error).toBe(null)
  return value as Table
}

/** Value and status of a field, by slot. */
function shown(table: Table, field: string) {
  const column = table.column(field)
  return table.ids.map((_, slot) => [valueAt(column, slot), STATUSES[statusAt(column, slot)]])
}

const NONE = [
  ['clicks', [0, 'present']],
  ['ctr', [Math.fround(1 / 3), 'defaulted']],
  ['ratings_mean', [undefined, 'missing']],
  ['visitors', [[], 'present']],
] as const

describe('a table', () => {
  it('has the aggregates of its records beside their attributes, by slot, of all shards', async () => {
    const table = await tableFrom(
      ...[attributes(0, ['a', 'b']), attributes(1, ['c']), aggregates(0, 2), aggregates(1, 1)],
    )
    expect(shown(table, 'clicks')).toEqual([
      [1, 'present'],
      [2, 'present'],
      [1, 'present'],
    ])
    expect(shown(table, 'visitors').map(([value]) => value)).toEqual([['v0'], ['v1'], ['v0']])
    expect(table.numberColumn('ctr')?.values).toEqual(Float32Array.from([1 / 7, 2 / 7, 1 / 7]))
    expect(shown(table, 'title')[2]).toEqual(['t c', 'present'])
    expect(table.asOfMs).toBe(AS_OF_MS)
  })

  it('has the values of no events where the page of aggregates has no such slot yet', async () => {
    const table = await tableFrom(attributes(0, ['a', 'b', 'c']), aggregates(0, 1))
    expect(shown(table, 'clicks')[0]).toEqual([1, 'present'])
    for (const slot of [1, 2])
      for (const [field, [value, status]] of NONE) {
        const [found, known] = shown(table, field)[slot]
        expect(known, field).toBe(status)
        expect(typeof found === 'number' ? Math.fround(found) : found, field).toEqual(value)
      }
  })

  it('leaves out slots that its attributes do not have yet', async () => {
    const table = await tableFrom(attributes(0, ['a']), aggregates(0, 3))
    expect(table.size).toBe(1)
    expect(shown(table, 'clicks')).toEqual([[1, 'present']])
    expect(shown(table, 'visitors')).toEqual([[['v0'], 'present']])
    expect(table.numberColumn('clicks')?.values.length).toBe(1)
  })

  it('does not take the aggregates of another epoch, whose slots are others', async () => {
    const table = await tableFrom(attributes(0, ['a', 'b'], 5), aggregates(0, 2, 4))
    expect(shown(table, 'clicks').map(([value]) => value)).toEqual([0, 0])
  })

  it('has the values of no events where there is no page of aggregates', async () => {
    const table = await tableFrom(attributes(0, ['a']))
    for (const [field, [, status]] of NONE) expect(shown(table, field)[0][1]).toBe(status)
    expect(table.asOfMs).toBe(AS_OF_MS + 9)
  })
})
