import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { decodeDecision } from '../../src/core/decision-codec.ts'
import { uuidv7 } from '../../src/core/decision-id.ts'
import { moviesHome } from '../../src/use-cases/movies-home.ts'
import { PART_FORMATS, writeRows } from '../../src/wheel/lake.ts'
import { decisionRow, servedItems } from '../../src/wheel/lake-decision.ts'
import { findDecision, findOutcomes } from '../../src/wheel/lake-find.ts'
import { hourOf, hourPrefix, hoursBetween, parsePartKey } from '../../src/wheel/lake-key.ts'
import { entityChangeOf, entityRow, outcomeOf, outcomeRow } from '../../src/wheel/lake-outcome.ts'
import { type ColumnType, readPart, writePart } from '../../src/wheel/lake-parquet.ts'
import { recordOf } from '../../src/wheel/log.ts'
import { memoryBucket, outcomeEvent } from '../fixtures/lake.ts'
import { world } from '../fixtures/runtime.ts'

const { decision: DECISIONS, outcome: OUTCOMES, entity: ENTITIES } = PART_FORMATS
const HOUR_MS = 3_600_000
const NOON_MS = Date.parse('2026-09-21T12:00:00Z')
const idAt = (ms: number, n = 0) => uuidv7(ms, new Uint8Array(10).fill(n))

async function decided(
  count: number,
  call: Parameters<Awaited<ReturnType<typeof world>>['decide']>[0] = {},
) {
  const { decide, clock } = await world(moviesHome)
  const decisions = []
  for (let i = 0; i < count; i++) {
    decisions.push(await decide(call))
    clock.advance(997)
  }
  return decisions
}

describe('a part of decisions', () => {
  it('has a row for each, whose record is the one that was logged, bit for bit', async () => {
    const decisions = await decided(20, { userId: 'u1', request: { exclude: new Set(['356']) } })
    const records = decisions.map(recordOf)
    const part = writePart(DECISIONS, records.map(decisionRow))
    const rows = await readPart(DECISIONS, part)
    expect(rows.map(({ record }) => record)).toEqual(records)
    decisions.forEach((decision, i) => {
      const { decisionId, decidedAtMs, items, pool, plan, drops } = decision
      expect(rows[i]).toMatchObject({
        schema_version: 1,
        decision_id: decisionId,
        use_case: 'movies-home',
        user_id: 'u1',
        decided_at: decidedAtMs,
        received_at: decidedAtMs,
        variant: 'control',
        model_version: null,
        chain: plan.fingerprint,
        consent_personalize: true,
        consent_train: true,
        degraded: [],
        slots: 10,
        item_ids: items.map(({ id }) => id),
        positions: items.map(({ position }) => position),
        scores: items.map(({ score }) => score),
        propensities: items.map(({ propensity }) => propensity),
        exclude: ['356'],
        pool_size: pool.size,
        dropped: drops.length,
        complete: true,
      })
      expect(JSON.parse(rows[i].request as string).user.id).toBe('u1')
      expect(servedItems(decodeDecision(records[i]))).toEqual(items)
    })
  })

  it('holds guests, and fallback items without a score', async () => {
    const { decide, store } = await world(moviesHome)
    store.breakReads('fails')
    const decision = await decide()
    const row = decisionRow(recordOf(decision))
    const [read] = await readPart(DECISIONS, writePart(DECISIONS, [row]))
    expect(decision.ids.length).toBeGreaterThan(0)
    expect(read).toMatchObject({
      user_id: null,
      item_ids: decision.ids,
      scores: decision.ids.map(() => null),
      propensities: decision.ids.map(() => 1),
    })
    expect(read.degraded).toContain('fallback')
  })

  it('says whose it is, and what they consented to, however large the request', async () => {
    const [decision] = await decided(1, {
      userId: 'u1',
      request: {
        user: { id: 'u1', attributes: new Map([['note', 'x'.repeat(20_000)]]) },
        exclude: new Set(Array.from({ length: 1_000 }, (_, i) => `${i}-${'x'.repeat(100)}`)),
        consent: { personalize: true, train: false },
      },
    })
    const row = decisionRow(recordOf(decision))
    expect(row).toMatchObject({ user_id: 'u1', consent_personalize: true, consent_train: false })
    expect(JSON.parse(row.request as string).omitted.sort()).toEqual(['exclude', 'user.attributes'])
  })

  it('is the same object whatever the order and number of deliveries', async () => {
    const rows = (await decided(9)).map(recordOf).map(decisionRow)
    const hourMs = hourOf(rows[0].decided_at as number)
    const keys = await Promise.all(
      [rows, rows.toReversed(), [...rows, rows[3], rows[0]]].map((list) =>
        writeRows(memoryBucket(), 'decision', hourMs, list),
      ),
    )
    expect(new Set(keys).size).toBe(1)
    const [, min, max] = /hour=\d\d\/(.{36})-(.{36})-[0-9a-f]{32}\.parquet$/.exec(keys[0]) ?? []
    expect([min, max]).toEqual([rows[0].decision_id, rows[8].decision_id])
    const other = await writeRows(memoryBucket(), 'decision', hourMs, rows.slice(1))
    expect(other).not.toBe(keys[0])
  })

  it('is refused where it is garbage, of another kind, or from a later version', async () => {
    const [row] = (await decided(1)).map(recordOf).map(decisionRow)
    const part = writePart(DECISIONS, [row])
    const refused = { code: 'invalid_format' }
    await expect(readPart(DECISIONS, part.subarray(0, part.length - 9))).rejects.toMatchObject(
      refused,
    )
    await expect(readPart(DECISIONS, new Uint8Array(0))).rejects.toMatchObject(refused)
    await expect(readPart(OUTCOMES, part)).rejects.toThrow("outcome@1, not 'decision@1'")
    const later = writePart({ ...DECISIONS, version: 2 }, [row])
    await expect(readPart(DECISIONS, later)).rejects.toThrow("not 'decision@2'")
  })

  it('of an older version has null in columns that it did not have', async () => {
    const older = {
      ...ENTITIES,
      columns: ENTITIES.columns.filter(({ name }) => name !== 'removed'),
    }
    const row = entityRow({
      entity: 'item',
      id: '1',
      attributes: {},
      updatedAtMs: 1,
      receivedMs: 2,
    })
    const [read] = await readPart({ ...ENTITIES, version: 2 }, writePart(older, [row]))
    expect(read).toMatchObject({ entity_id: '1', removed: null })
  })
})

describe('a part of outcomes', () => {
  it('gives back the events that went in', async () => {
    const events = [
      outcomeEvent(),
      outcomeEvent({ id: 'é" \\', value: 4.5, position: null, properties: {} }),
      outcomeEvent({
        ...{ item: null, user: null, decisionId: null, useCase: null, variant: null, model: null },
        ...{ trust: 'no_receipt', voucher: null, retracts: 'e1', keyTimeMs: 0 },
      }),
    ]
    const rows = await readPart(OUTCOMES, writePart(OUTCOMES, events.map(outcomeRow)))
    expect(rows.map(outcomeOf)).toEqual(events)
  })
})

describe('a part of entities', () => {
  it('gives back what was pushed', async () => {
    const changes = [
      {
        entity: 'item',
        id: '1',
        attributes: { year: 1995, genres: ['A'], title: null },
        updatedAtMs: 1,
        receivedMs: NOON_MS,
      },
      { entity: 'user', id: 'p', attributes: null, updatedAtMs: 2, receivedMs: NOON_MS },
    ]
    const rows = await readPart(ENTITIES, writePart(ENTITIES, changes.map(entityRow)))
    expect(rows.map(entityChangeOf)).toEqual(changes)
  })
})

describe('docs/lake.md', () => {
  it('describes every column, in the order of the parts', () => {
    const text = readFileSync('docs/lake.md', 'utf8')
    for (const { kind, columns } of Object.values(PART_FORMATS)) {
      const [, section] = new RegExp(`## kind=${kind}:([^]*?)(?=\\n## )`).exec(text) ?? []
      const described = [...section.matchAll(/^\| `(\w+)` \| ([^|]+?) \|/gm)].map(
        ([, name, type]) => [name, type],
      )
      expect(described).toEqual(
        columns.map(({ name, type, nullable }) => [
          name,
          `${DESCRIBED[type]}${nullable ? ', null' : ''}`,
        ]),
      )
    }
  })

  const DESCRIBED: Readonly<Record<ColumnType, string>> = {
    text: 'UTF8',
    integer: 'INT32',
    time: 'INT64',
    real: 'DOUBLE',
    flag: 'BOOLEAN',
    bytes: 'BYTE_ARRAY',
    'text list': 'LIST of UTF8',
    'integer list': 'LIST of INT32',
    'real list': 'LIST of DOUBLE',
  }
})

describe('partitions', () => {
  it('are hours of UTC', () => {
    expect(hourPrefix('outcome', NOON_MS)).toBe('events/kind=outcome/date=2026-09-21/hour=12/')
    expect(hourPrefix('decision', NOON_MS - 1)).toContain('hour=11/')
    expect(hourPrefix('decision', Date.parse('2026-12-31T23:59:59Z'))).toContain(
      'date=2026-12-31/hour=23/',
    )
    expect(hoursBetween(NOON_MS + 5, NOON_MS + HOUR_MS)).toEqual([NOON_MS, NOON_MS + HOUR_MS])
    expect(hoursBetween(NOON_MS, NOON_MS - 1)).toEqual([])
  })

  it('take parts without decisions, and names that are not ours', async () => {
    const bucket = memoryBucket()
    const key = await writeRows(bucket, 'outcome', NOON_MS, [
      outcomeRow(outcomeEvent({ decisionId: null })),
      outcomeRow(outcomeEvent({ decisionId: 'order-17' })),
    ])
    expect(key).toMatch(/hour=12\/none-none-[0-9a-f]{32}\.parquet$/)
    expect(parsePartKey(key)).toEqual({ key, min: null, max: null })
    expect(parsePartKey('events/kind=outcome/README')).toMatchObject({ min: null })
  })
})

describe('finding a decision', () => {
  it('reads only parts that may hold it', async () => {
    const bucket = memoryBucket()
    const rows = (await decided(30)).map(recordOf).map(decisionRow)
    const hourMs = hourOf(rows[0].decided_at as number)
    for (let at = 0; at < rows.length; at += 2)
      await writeRows(bucket, 'decision', hourMs, rows.slice(at, at + 2))
    for (const { decision_id: id } of rows) {
      bucket.calls.length = 0
      const event = await findDecision(bucket, id)
      expect(event?.decisionId).toBe(id)
      expect(bucket.calls.filter((call) => call.startsWith('get')).length).toBe(1)
    }
  })

  it('goes through parts that overlap, and stops listing behind it', async () => {
    const bucket = memoryBucket()
    const rows = (await decided(16)).map(recordOf).map(decisionRow)
    const hourMs = hourOf(rows[0].decided_at as number)
    await writeRows(bucket, 'decision', hourMs, [rows[0], rows[15]])
    for (let at = 1; at < 15; at += 2)
      await writeRows(bucket, 'decision', hourMs, rows.slice(at, at + 2))
    expect((await findDecision(bucket, rows[15].decision_id))?.decisionId).toBe(
      rows[15].decision_id,
    )
    bucket.calls.length = 0
    expect((await findDecision(bucket, rows[1].decision_id))?.decisionId).toBe(rows[1].decision_id)
    expect(bucket.calls.filter((call) => call.startsWith('list')).length).toBe(1)
  })

  it('is null for what was never written, and for what is no decision id', async () => {
    const bucket = memoryBucket()
    expect(await findDecision(bucket, idAt(NOON_MS))).toBe(null)
    expect(await findDecision(bucket, 'e1')).toBe(null)
    expect(await findOutcomes(bucket, '../../models', NOON_MS)).toEqual([])
  })
})

describe('finding the outcomes of a decision', () => {
  it('looks through the hours since, takes duplicates once and leaves others alone', async () => {
    const bucket = memoryBucket()
    const mine = idAt(NOON_MS + 60_000, 5)
    const event = (id: string, decisionId: string | null, receivedMs: number) =>
      outcomeEvent({ id, decisionId, receivedMs, eventTimeMs: receivedMs })
    const put = (receivedMs: number, events: ReturnType<typeof event>[]) =>
      writeRows(bucket, 'outcome', hourOf(receivedMs), events.map(outcomeRow))
    const early = NOON_MS + 61_000
    const late = NOON_MS + 5 * HOUR_MS
    await put(early, [event('a', mine, early), event('b', idAt(NOON_MS, 1), early)])
    await put(late, [event('c', mine, late), event('a', mine, late)])
    await put(late, [event('d', idAt(late, 1), late), event('e', null, late)])
    await put(late, [event('f', idAt(NOON_MS, 1), late), event('g', idAt(late, 1), late)])
    const found = await findOutcomes(bucket, mine, late + HOUR_MS)
    expect(found.map(({ id, receivedMs }) => [id, receivedMs])).toEqual([
      ['a', early],
      ['c', late],
    ])
    expect(bucket.calls.filter((call) => call.startsWith('list')).length).toBe(7)
    // One part spans the decision without holding it.
    expect(bucket.calls.filter((call) => call.startsWith('get')).length).toBe(3)
    expect((await findOutcomes(bucket, mine, late - HOUR_MS)).map(({ id }) => id)).toEqual(['a'])
  })
})
