import { describe, expect, it } from 'vitest'
import type { Entity } from '../../src/core/entity.ts'
import { mulberry32 } from '../../src/core/mulberry32.ts'
import type { CheckpointCursor } from '../../src/wheel/record-checkpoint.ts'
import { checkpointPart } from '../../src/wheel/record-checkpoint.ts'
import type { RecordOwner } from '../../src/wheel/record-owner.ts'
import {
  batches,
  changesFor,
  delivered,
  history,
  Person,
  Thing,
  withOwner,
} from './apply-fixture.ts'
import { isolateTests, row } from './record-fixture.ts'

isolateTests()

function checkpoint(owner: RecordOwner, asOfMs: number): Uint8Array[] {
  const parts: Uint8Array[] = []
  for (let cursor: CheckpointCursor | null = null; ; ) {
    const part = checkpointPart(owner.rows, cursor, asOfMs)
    parts.push(part.bytes)
    if (part.next === null) return parts
    cursor = part.next
  }
}

function wipe({ sql }: DurableObjectStorage): void {
  for (const table of ['records', 'aggregates', 'dedupe', 'tombstones', 'replays', 'state'])
    sql.exec(`DELETE FROM ${table}`)
}

describe('a checkpoint', () => {
  const cases: [string, Entity][] = [
    ['item/0', Thing],
    ['user/0', Person],
  ]
  it.each(cases)('of %s and the events after it give the same bytes', async (name, entity) => {
    const nowMs = Date.now()
    const pushed = ['0', '1', 'u0', 'u1', 'quiet'].map((id) => row(id, {}))
    const { deliveries } = delivered(42, history(41, 400))
    const [early, late] = [deliveries.slice(0, 300), deliveries.slice(300)]
    const [middle, whole] = await withOwner(
      entity,
      (owner) => {
        owner.upsert(pushed)
        owner.forget('gone', nowMs)
        owner.replay({ replay: 'h', from: 0, to: 5 }, [], nowMs)
        for (const batch of batches(mulberry32(1), early, 50))
          owner.apply(changesFor(entity, batch), nowMs)
        const half = checkpoint(owner, nowMs)
        for (const batch of batches(mulberry32(2), late, 50))
          owner.apply(changesFor(entity, batch), nowMs)
        return [half, checkpoint(owner, nowMs)]
      },
      { name },
    )
    const rebuilt = await withOwner(
      entity,
      (owner, storage) => {
        wipe(storage)
        for (const part of middle) owner.restore(part, nowMs)
        expect(checkpoint(owner, nowMs)).toEqual(middle)
        // From a good while before the checkpoint on: what it holds already is known again.
        for (const batch of batches(mulberry32(3), [...late, ...early.slice(200)].toReversed(), 70))
          owner.apply(changesFor(entity, batch), nowMs)
        return checkpoint(owner, nowMs)
      },
      { name },
    )
    expect(rebuilt).toEqual(whole)
    const inOneGo = await withOwner(
      entity,
      (owner, storage) => {
        wipe(storage)
        return [owner, storage] as const
      },
      { name },
    ).then(() =>
      withOwner(
        entity,
        (owner) => {
          owner.upsert(pushed)
          owner.forget('gone', nowMs)
          owner.replay({ replay: 'h', from: 0, to: 5 }, [], nowMs)
          owner.apply(changesFor(entity, deliveries), nowMs)
          return checkpoint(owner, nowMs)
        },
        { name },
      ),
    )
    expect(inOneGo).toEqual(whole)
  })

  it('is taken over by a new epoch, and only by the shard it is of', async () => {
    const nowMs = Date.now()
    await withOwner(Thing, (owner) => {
      owner.upsert([row('1', {})])
      const parts = checkpoint(owner, nowMs)
      const { epoch } = owner.rows.state.get()
      for (const part of parts) owner.restore(part, nowMs + 5)
      expect(owner.rows.state.get().epoch).toBeGreaterThan(epoch)
      expect(owner.rows.state.get().slots).toBe(1)
    })
    const parts = await withOwner(Thing, (owner) => checkpoint(owner, nowMs))
    await withOwner(
      Person,
      (owner) => {
        expect(() => owner.restore(parts[0], nowMs)).toThrow('not of shard 0 of 4 of user')
      },
      { name: 'user/0' },
    )
  })
})
