import { runInDurableObject } from 'cloudflare:test'
import { describe, expect, it } from 'vitest'
import { uuidv7 } from '../../src/core/decision-id.ts'
import type { Entity } from '../../src/core/entity.ts'
import { hash96 } from '../../src/core/event-hash.ts'
import { GROUPS_PER_HOUR } from '../../src/wheel/metric-cells.ts'
import { linesOf } from '../../src/wheel/metric-groups.ts'
import { MAX_PENDING } from '../../src/wheel/metric-pending.ts'
import { metricRows } from '../../src/wheel/metric-rows.ts'
import { GROUPS_TOLD, totalsOf } from '../../src/wheel/metric-totals.ts'
import { runRows } from '../../src/wheel/run-rows.ts'
import { Item } from '../../stages/entities.ts'
import { changesFor, outcome, Person, Thing, withOwner } from './apply-fixture.ts'
import { isolateTests, items } from './record-fixture.ts'

isolateTests()

const FEW = 2_000
const MANY = 20_000
const BATCH = 500
/** A cap in place of the product's, so that a bomb of seconds is one. */
const CAP = 500

/** Rows of all tables but the keys of events, which 14 days bound, by table. */
function rowsByTable({ sql }: DurableObjectStorage): Record<string, number> {
  const tables = sql.exec<{ name: string }>(
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT GLOB '_*' AND name <> 'dedupe'",
  )
  const count = (name: string) =>
    sql.exec<{ n: number }>(`SELECT count(*) AS n FROM ${name}`).one().n
  return Object.fromEntries([...tables].map(({ name }) => [name, count(name)]))
}

/** The bytes of the largest record. */
const largest = ({ sql }: DurableObjectStorage): number =>
  sql.exec<{ bytes: number }>('SELECT max(length(state)) AS bytes FROM aggregates').one().bytes

/** What an owner keeps after `n` events, each with an id of its own, and with properties that nobody knows. */
function bombed(entity: Entity, n: number, by: 'item' | 'user') {
  return withOwner(
    entity,
    (owner, storage) => {
      for (let at = 0; at < n; at += BATCH) {
        const flood = Array.from({ length: BATCH }, (_, i) =>
          outcome({ [by]: `bomb-${at + i}`, properties: { [`name_${at + i}`]: 'x'.repeat(64) } }),
        )
        owner.apply(changesFor(entity, flood), Date.now())
      }
      return { tables: rowsByTable(storage), bytes: largest(storage) }
    },
    { maxUnpushed: CAP },
  )
}

describe('a bomb of ids', () => {
  it.each([
    ['items on pages', Thing, 'item'],
    ['items of the example', Item as unknown as Entity, 'item'],
    ['people', Person, 'user'],
  ] as const)('leaves as many rows of %s after 20,000 as after 2,000', async (_, entity, by) => {
    const few = await bombed(entity, FEW, by)
    const many = await bombed(entity, MANY, by)
    expect(many.tables).toEqual(few.tables)
    expect(many.tables.aggregates).toBeLessThanOrEqual(CAP)
    expect(many.bytes).toBeLessThanOrEqual(few.bytes + 8)
  })

  it('of visitors leaves one item’s record as small as before', async () => {
    const few = await bombed(Thing, FEW, 'user')
    const many = await bombed(Thing, MANY, 'user')
    expect(many.tables.aggregates).toBe(1)
    expect(many.bytes).toBeLessThanOrEqual(few.bytes + 16)
  })

  it('in one person’s history ends at what `seen` may hold', async () => {
    const few = await bombed(Person, 6_000, 'item')
    const many = await bombed(Person, MANY, 'item')
    expect(few.tables.aggregates).toBe(1)
    // Known ids beyond their cap are in a filter of a fixed size.
    expect(many.bytes).toBeLessThanOrEqual(32_768)
    expect(many.bytes).toBeLessThanOrEqual(few.bytes * 2)
  })
})

describe('a bomb of variants and models', () => {
  const counted = (n: number) =>
    runInDurableObject(items(), (_, { storage }) => {
      const rows = metricRows(storage)
      const atMs = Date.now()
      for (let at = 0; at < n; at += BATCH) {
        const decisions = Array.from({ length: BATCH }, (_, i) => ({
          decisionId: uuidv7(
            atMs,
            new Uint8Array(10).map((_, b) => (at + i) >> ((b % 3) * 8)),
          ),
          decidedAtMs: atMs,
          variant: `variant-${at + i}`,
          model: `model@${at + i}`,
          served: 10,
        }))
        rows.count({ decisions, events: [] }, false)
      }
      const cells = [...rows.cells.between(0, Number.MAX_SAFE_INTEGER)]
      return {
        cells: cells.length,
        labels: totalsOf(cells).length,
        lines: linesOf(cells, 'variant').groups.length,
        decisions: linesOf(cells, null).total.decisions,
      }
    })

  it('makes no more rows, labels and lines than are stated, and loses no count', async () => {
    const { cells, labels, lines, decisions } = await counted(MANY)
    expect(cells).toBe(GROUPS_PER_HOUR + 1)
    expect(labels).toBeLessThanOrEqual(GROUPS_TOLD)
    expect(lines).toBeLessThanOrEqual(GROUPS_PER_HOUR + 1)
    expect(decisions).toBe(MANY)
  })
})

describe('a bomb of decisions that nobody made', () => {
  it('leaves no more events waiting than there is room for', async () => {
    await runInDurableObject(items(), (_, { storage }) => {
      const rows = metricRows(storage)
      const atMs = Date.now()
      for (let at = 0; at < MANY; at += BATCH) {
        const events = Array.from({ length: BATCH }, (_, i) => ({
          decisionId: uuidv7(
            atMs,
            new Uint8Array(10).map((_, b) => (at + i) >> ((b % 3) * 8)),
          ),
          decidedAtMs: atMs,
          group: null,
          place: 1,
          effects: [],
          retractionKey: hash96(`${at + i}`),
          retraction: false,
        }))
        rows.count({ decisions: [], events }, true)
      }
      expect(rows.pending.count).toBeLessThanOrEqual(MAX_PENDING)
      expect(rows.state().dropped).toBeGreaterThanOrEqual(MANY - MAX_PENDING)
    })
  })
})

describe('a bomb of runs', () => {
  it('leaves the last ones', async () => {
    await runInDurableObject(items(), (_, { storage }) => {
      const rows = runRows(storage, 50)
      for (let n = 0; n < 500; n++) rows.add({ id: `run-${n}`, kind: 'forget' }, n)
      expect(rowsByTable(storage).runs).toBe(50)
      expect([rows.read('run-449'), rows.read('run-450')?.state]).toEqual([null, 'running'])
    })
  })
})
