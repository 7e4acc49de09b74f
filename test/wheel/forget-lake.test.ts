import { describe, expect, it } from 'vitest'
import { decodeDecision, packDecision } from '../../src/core/decision-codec.ts'
import { moviesHome } from '../../src/use-cases/movies-home.ts'
import type { Cutoffs } from '../../src/wheel/forget-cutoffs.ts'
import { forgetDecision, userOfDecision } from '../../src/wheel/forget-decision.ts'
import { forgetInLake, LAKE_BEGIN } from '../../src/wheel/forget-lake.ts'
import { PART_FORMATS, writeRows } from '../../src/wheel/lake.ts'
import { decisionRow } from '../../src/wheel/lake-decision.ts'
import { entityRow, outcomeRow } from '../../src/wheel/lake-outcome.ts'
import { readPart } from '../../src/wheel/lake-parquet.ts'
import { recordOf } from '../../src/wheel/log.ts'
import { memoryBucket, outcomeEvent } from '../fixtures/lake.ts'
import { world } from '../fixtures/runtime.ts'

const NOON_MS = Date.parse('2026-09-21T12:00:00Z')
const forever: Cutoffs = new Map([['gone', { atMs: 0, beforeMs: Number.POSITIVE_INFINITY }]])

async function lakeOf(cutoffMs = NOON_MS) {
  const bucket = memoryBucket()
  const event = (id: string, user: string, receivedMs = cutoffMs) =>
    outcomeRow(outcomeEvent({ id, user, receivedMs }))
  const change = (id: string) => ({ entity: 'user', id, attributes: {}, updatedAtMs: 1 })
  await writeRows(bucket, 'outcome', NOON_MS, [event('a', 'gone'), event('b', 'here')])
  await writeRows(bucket, 'outcome', NOON_MS, [event('c', 'here')])
  const changes = ['gone', 'here', 'gone:Drama'].map((id) =>
    entityRow({ ...change(id), receivedMs: NOON_MS }),
  )
  await writeRows(bucket, 'entity', NOON_MS, changes)
  return bucket
}

/** Passes through all of the lake; where a call breaks, again from the last cursor. */
async function pass(bucket: R2Bucket, cutoffs: Cutoffs): Promise<number> {
  let cursor: typeof LAKE_BEGIN | null = LAKE_BEGIN
  let rewritten = 0
  for (let tries = 0; cursor !== null && tries < 200; tries++)
    try {
      const { next, report } = await forgetInLake(bucket, cursor, () => cutoffs)
      cursor = next
      rewritten += report.rewritten
    } catch {
      // As if the object had gone down.
    }
  expect(cursor).toBeNull()
  return rewritten
}

describe('a pass through the lake', () => {
  it('takes somebody out of rows, drops what was pushed for them, and leaves other parts as they are', async () => {
    const bucket = await lakeOf()
    const before = [...bucket.objects.keys()]
    expect(await pass(bucket, forever)).toBe(2)
    const keys = [...bucket.objects.keys()]
    expect(keys.filter((key) => before.includes(key)).length).toBe(1)
    expect(keys.length).toBe(3)
    const rows = async (kind: 'outcome' | 'entity') => {
      const mine = keys.filter((key) => key.includes(`kind=${kind}`))
      const parts = mine.map((key) => readPart(PART_FORMATS[kind], bucket.objects.get(key)!))
      return (await Promise.all(parts)).flat()
    }
    const users = (await rows('outcome')).map(({ event_id, user_id }) => [event_id, user_id])
    expect(users.sort()).toEqual([
      ['a', null],
      ['b', 'here'],
      ['c', 'here'],
    ])
    expect((await rows('entity')).map(({ entity_id }) => entity_id)).toEqual(['here'])
    expect(await pass(bucket, forever)).toBe(0)
  })

  it('leaves the same lake wherever it broke off', async () => {
    const whole = await lakeOf()
    await pass(whole, forever)
    for (let broken = 0; broken < 12; broken++) {
      const bucket = await lakeOf()
      let call = 0
      bucket.breaks = () => call++ === broken
      await pass(bucket, forever)
      expect([...bucket.objects.keys()].sort()).toEqual([...whole.objects.keys()].sort())
    }
  })

  it('leaves what came after somebody was put again', async () => {
    const bucket = await lakeOf(NOON_MS + 10)
    const until: Cutoffs = new Map([['gone', { atMs: 0, beforeMs: NOON_MS + 5 }]])
    expect(await pass(bucket, until)).toBe(1)
  })
})

describe('the record of a decision', () => {
  it('without its user has the same rows, scores and choices', async () => {
    const { decide } = await world(moviesHome)
    const record = recordOf(await decide({ userId: 'u1' }))
    expect(userOfDecision(record)).toBe('u1')
    const left = forgetDecision(record, 'u1')
    expect(userOfDecision(left)).toBeNull()
    expect(decisionRow(left)).toMatchObject({ user_id: null, complete: true })
    expect({ ...decodeDecision(left), request: 0 }).toEqual({
      ...{ ...decodeDecision(record), request: 0 },
    })
  })

  it('in which the id was a feature says that it is not complete', async () => {
    const { decide } = await world(moviesHome)
    const event = decodeDecision(recordOf(await decide({ userId: 'somebody-else' })))
    const rows = event.ids.length
    const column = {
      offsets: Int32Array.from({ length: rows + 1 }, (_, row) => row),
      codes: new Int32Array(rows),
      dictionary: ['the-pseudonym'],
    }
    const named = packDecision({ ...event, rankColumns: [{ kind: 'codes', ...column }] })
    const left = forgetDecision(named, 'the-pseudonym')
    expect(decodeDecision(left).complete).toBe(false)
    expect(Buffer.from(left).includes('the-pseudonym')).toBe(false)
  })
})
