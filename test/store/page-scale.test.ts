import {
  column,
  defineEntity,
  defineUseCase,
  type Entity,
  feature,
  orderedBy,
  source,
} from 'edgewheel'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import type { StoredValue } from '../../src/core/record.ts'
import { valueAt } from '../../src/core/table.ts'
import { isolateCache } from '../../src/store/isolate-cache.ts'
import { memoryStore } from '../../src/store/memory.ts'
import { type PageRecord, packPage, pageKey } from '../../src/store/page.ts'
import { tableCache } from '../../src/store/tables.ts'
import { topK } from '../../stages/rank/top-k.ts'
import { linear } from '../../stages/score/linear.ts'
import { decideWith } from '../fixtures/catalogue.ts'
import { manualClock } from './manual-clock.ts'

const RECORDS = 100_000
const FIELDS = Array.from({ length: 30 }, (_, field) => `n${field}`)

const Product = defineEntity('product', {
  layout: 'paged',
  owner: 'tests',
  attributes: Object.fromEntries(FIELDS.map((name) => [name, z.number()])) as Record<
    `n${number}`,
    z.ZodNumber
  >,
})
const product = Product as unknown as Entity

const numberAt = (slot: number, field: number) => ((slot * 7_919 + field * 104_729) % 99_991) / 100

function* records(): Generator<PageRecord> {
  for (let slot = 0; slot < RECORDS; slot++) {
    const fields = new Map<string, StoredValue>()
    FIELDS.forEach((name, field) => {
      fields.set(name, { value: numberAt(slot, field), status: 'present', updatedAtMs: 1 })
    })
    yield { slot, id: `product-${slot}`, fields }
  }
}

describe('a catalogue of 100,000 records with 30 numbers each', () => {
  it('fits the budget of an isolate and serves a decision', async () => {
    const store = memoryStore()
    const value = packPage({
      ...{ entity: 'product', fields: product.fields.values(), shard: 0, shards: 1 },
      ...{ asOfMs: 1, slots: RECORDS, records: records() },
    })
    await store.put([{ key: pageKey('product', 0), value }])
    const cache = isolateCache({ clock: manualClock(), random: Math.random })
    const { value: table, error } = await tableCache({ store, cache }).read(product, {
      waitMs: 1_000,
      waitUntil: () => {},
    })
    expect(error).toBe(null)
    expect(table!.bytes).toBeGreaterThan(RECORDS * FIELDS.length * 4)
    expect(table!.bytes).toBeLessThanOrEqual(32 * 2 ** 20)
    expect(cache.bytes).toBe(table!.bytes)
    expect(valueAt(table!.column('n29'), 99_999)).toBe(numberAt(99_999, 29))

    const useCase = defineUseCase({
      id: 'products',
      owner: 'tests',
      candidates: product,
      generate: [source('top', { limit: 400, generate: (_, { items }) => orderedBy(items, 'n0') })],
      featurize: [
        column('first', Product, 'n0', { fallback: 0 }),
        feature('sum', {
          reads: { product: Product.pick('n1', 'n2') },
          fallback: 0,
          compute: ({ product }) => product.n1 + product.n2,
        }),
      ],
      score: linear({ prior: { first: 1, sum: 0.001 } }),
      rank: topK(),
      objective: { click: 1 },
      exposure: 'served',
      fallback: [],
    })
    const { items, trace } = await decideWith(useCase, {
      items: table,
      request: { limit: 20, filter: { field: 'n3', lt: 500 } },
    })
    expect(trace.degraded).toEqual([])
    expect(items.length).toBe(20)
    for (const { id } of items) expect(numberAt(table!.slotOf(id), 3)).toBeLessThan(500)
  })
})
