import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { defineEntity } from '../../src/core/entity.ts'
import { EdgewheelError } from '../../src/core/errors.ts'
import { type FieldKind, type FieldValue, STATUSES } from '../../src/core/field.ts'
import type { StoredValue } from '../../src/core/record.ts'
import { statusAt, type Table, valueAt } from '../../src/core/table.ts'
import { type PageRecord, packPage, readPage } from '../../src/store/page.ts'
import { tableOf } from '../../src/store/page-table.ts'

const Thing = defineEntity('thing', {
  layout: 'paged',
  owner: 'tests',
  attributes: {
    size: z.number(),
    sold: z.boolean(),
    title: z.string(),
    scores: z.array(z.number()),
    tags: z.array(z.string()),
  },
})

const KINDS: Record<string, fc.Arbitrary<FieldValue>> = {
  size: fc.oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.integer(),
    fc.integer().map((n) => n / 100),
  ),
  sold: fc.boolean(),
  title: fc.string({ unit: 'binary' }),
  scores: fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { maxLength: 4 }),
  tags: fc.array(fc.oneof(fc.constantFrom('', 'a', '\n', '\ud800', '𝄞'), fc.string()), {
    maxLength: 4,
  }),
}

const stored = (value: fc.Arbitrary<FieldValue>): fc.Arbitrary<StoredValue> =>
  fc
    .oneof(
      { weight: 4, arbitrary: value.map((v) => ({ value: v, status: 'present' as const })) },
      { weight: 1, arbitrary: value.map((v) => ({ value: v, status: 'defaulted' as const })) },
      {
        weight: 1,
        arbitrary: fc
          .constantFrom('null', 'missing', 'stale')
          .map((status) => ({ value: null, status })),
      },
    )
    .map((entry) => ({ ...entry, updatedAtMs: 1 })) as fc.Arbitrary<StoredValue>

const fields = fc
  .record(Object.fromEntries(Object.entries(KINDS).map(([name, value]) => [name, stored(value)])), {
    requiredKeys: [],
  })
  .map((record) => new Map(Object.entries(record) as [string, StoredValue][]))

const records: fc.Arbitrary<PageRecord[]> = fc
  .uniqueArray(fc.string({ unit: fc.constantFrom(...'abcXYZ09-_:%'), minLength: 1, maxLength: 20 }))
  .chain((ids) =>
    fc.tuple(
      ...ids.map((id) => fc.tuple(fc.boolean(), fields).map(([live, f]) => ({ id, live, f }))),
    ),
  )
  .map((all) => all.flatMap(({ id, live, f }, slot) => (live ? [{ slot, id, fields: f }] : [])))

function pack(rows: Iterable<PageRecord>, slots: number, shard = 0, shards = 1): Uint8Array {
  const values = Thing.fields.values()
  return packPage({
    entity: 'thing',
    fields: values,
    shard,
    shards,
    asOfMs: 5,
    slots,
    records: rows,
  })
}

const slotsOf = (rows: readonly PageRecord[]) => (rows.at(-1)?.slot ?? -1) + 1

function expectHolds(table: Table, rows: readonly PageRecord[]): void {
  expect(table.live).toBe(rows.length)
  for (const { id, fields } of rows) {
    const slot = table.slotOf(id)
    expect(table.ids[slot]).toBe(id)
    for (const name of Thing.fields.keys()) {
      const column = table.column(name)
      const { value, status } = fields.get(name) ?? { value: null, status: 'missing' }
      expect(STATUSES[statusAt(column, slot)]).toBe(status)
      expect(valueAt(column, slot)).toEqual(value ?? undefined)
    }
  }
}

describe('page', () => {
  it('gives back every value, status and id of every kind', () => {
    fc.assert(
      fc.property(records, (rows) => {
        const page = readPage(pack(rows, slotsOf(rows)))
        expect(page).toMatchObject({ entity: 'thing', shard: 0, shards: 1, asOfMs: 5 })
        expectHolds(tableOf(Thing, [page]), rows)
      }),
      { numRuns: 300 },
    )
  })

  it('gives the same bytes in whatever order the records come', () => {
    fc.assert(
      fc.property(records, (rows) => {
        const numbers = rows.map((row) => ({
          ...row,
          fields: only(row, ['size', 'scores', 'sold']),
        }))
        expect(pack([...numbers].reverse(), slotsOf(rows))).toEqual(pack(numbers, slotsOf(rows)))
        expectHolds(tableOf(Thing, [readPage(pack([...rows].reverse(), slotsOf(rows)))]), rows)
      }),
    )
  })

  it('holds the records of several shards as one would', () => {
    fc.assert(
      fc.property(records, fc.integer({ min: 2, max: 4 }), (rows, shards) => {
        const pages = Array.from({ length: shards }, (_, shard) => {
          const mine = rows.filter((row) => row.slot % shards === shard)
          const moved = mine.map((row, slot) => ({ ...row, slot }))
          return readPage(pack(moved, moved.length, shard, shards))
        })
        expectHolds(tableOf(Thing, pages), rows)
      }),
      { numRuns: 300 },
    )
  })

  it('takes a field that only some shards know as missing in the others', () => {
    const [title, old] = [...Thing.fields.values()].filter(({ name }) => /title|size/.test(name))
    const of = (shard: number, field: typeof title, value: FieldValue) =>
      readPage(
        packPage({
          entity: 'thing',
          fields: [field],
          shard,
          shards: 2,
          asOfMs: 9 - shard,
          slots: 1,
          records: [{ slot: 0, id: `i${shard}`, fields: one(field.name, value) }],
        }),
      )
    const table = tableOf(Thing, [of(0, title, 3.7), of(1, old, 'x')])
    expect([0, 1].map((slot) => valueAt(table.column('size'), slot))).toEqual([3.7, undefined])
    expect([0, 1].map((slot) => valueAt(table.column('title'), slot))).toEqual([undefined, 'x'])
    expect(table.column('tags')).toBe(null)
    expect(table.asOfMs).toBe(8)
  })

  it('leaves out a column whose kind is no longer the declared one', () => {
    const before = { name: 'size', kind: 'string' as FieldKind }
    const records = [{ slot: 0, id: 'a', fields: one('size', 'large') }]
    const bytes = packPage({
      ...{ entity: 'thing', fields: [before], shard: 0, shards: 1, asOfMs: 1, slots: 1, records },
    })
    expect(tableOf(Thing, [readPage(bytes)]).column('size')).toBe(null)
  })

  it('counts a value that the kind cannot hold as missing', () => {
    const wrong: [string, FieldValue][] = [
      ['size', 'x'],
      ['size', Number.NaN],
      ['sold', 1],
      ['title', 3],
      ['scores', ['x']],
      ['scores', 5],
      ['tags', [1]],
    ]
    for (const [name, value] of wrong) {
      const table = tableOf(Thing, [
        readPage(pack([{ slot: 0, id: 'a', fields: one(name, value) }], 1)),
      ])
      expect(STATUSES[statusAt(table.column(name), 0)], `${name} ${value}`).toBe('missing')
    }
  })

  it('lays views over the bytes of a single page', () => {
    const bytes = pack([{ slot: 0, id: 'a', fields: one('size', 3.7) }], 1)
    const column = tableOf(Thing, [readPage(bytes)]).numberColumn('size')
    expect(column?.values.buffer).toBe(bytes.buffer)
  })

  it('reads a page that lies unaligned in its buffer', () => {
    const bytes = pack([{ slot: 0, id: 'a', fields: one('size', 3.7) }], 1)
    const shifted = new Uint8Array(bytes.length + 3)
    shifted.set(bytes, 3)
    expect(tableOf(Thing, [readPage(shifted.subarray(3))]).slotOf('a')).toBe(0)
  })

  it('narrows a column to float32 only where each of its values survives it', () => {
    const widthOf = (...sizes: number[]) => {
      const rows = sizes.map((size, slot) => ({ slot, id: `i${slot}`, fields: one('size', size) }))
      const { values } = tableOf(Thing, [readPage(pack(rows, rows.length))]).numberColumn('size')!
      return values.BYTES_PER_ELEMENT * 8
    }
    expect(widthOf(3.7, 1995, 0.25)).toBe(32)
    expect(widthOf(3.7, 1790000000000)).toBe(64)
    expect(widthOf(3.7, Math.PI)).toBe(64)
  })

  it('carries no statuses where all values are present', () => {
    const table = tableOf(Thing, [
      readPage(pack([{ slot: 0, id: 'a', fields: one('size', 1) }], 1)),
    ])
    expect(table.column('size')?.status).toBe(null)
    expect(table.column('title')?.status).toEqual(Uint8Array.of(2))
  })
})

describe('a page that is not whole', () => {
  const row = new Map([...one('size', 3.7), ...one('title', 'Ünïcode'), ...one('tags', ['a', 'b'])])
  const whole = pack([{ slot: 0, id: 'a', fields: row }], 2)
  const refused = (bytes: Uint8Array) => {
    try {
      readPage(bytes)
    } catch (error) {
      expect(error).toBeInstanceOf(EdgewheelError)
      expect((error as EdgewheelError).code).toBe('invalid_format')
      return (error as EdgewheelError).message
    }
    throw new Error('was taken for a page')
  }

  it('is refused when cut at any byte', () => {
    for (let length = 0; length < whole.length; length++) refused(whole.slice(0, length))
  })

  it('is refused when any byte is another, or when bytes follow', () => {
    for (let at = 0; at < whole.length; at++)
      for (const flip of [1, 0x80, 0xff])
        refused(whole.map((byte, i) => (i === at ? byte ^ flip : byte)))
    refused(new Uint8Array([...whole, 0, 0, 0, 0, 0, 0, 0, 0]))
  })

  it('is refused when it is garbage', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void refused(bytes)))
  })

  it('is refused with a message that names what is wrong', () => {
    const changed = (at: number, byte: number) => whole.map((b, i) => (i === at ? byte : b))
    expect(refused(whole.slice(0, 10))).toMatch('has 10 bytes, fewer than its first 24')
    expect(refused(changed(0, 0))).toMatch('does not begin with EWPG')
    expect(refused(changed(4, 2))).toMatch('has version 2, this reads 1')
    expect(refused(whole.slice(0, -8))).toMatch(`and should have ${whole.length}`)
    expect(refused(changed(whole.length - 1, 1))).toMatch('does not match its checksum')
  })
})

function one(name: string, value: FieldValue): Map<string, StoredValue> {
  return new Map([[name, { value, status: 'present', updatedAtMs: 1 }]])
}

function only(row: PageRecord, names: readonly string[]): Map<string, StoredValue> {
  return new Map([...row.fields].filter(([name]) => names.includes(name)))
}
