import { describe, expect, it } from 'vitest'
import { PART_FORMATS } from '../../src/wheel/lake.ts'
import { entityChangeOf } from '../../src/wheel/lake-outcome.ts'
import { readPart } from '../../src/wheel/lake-parquet.ts'
import { loggedOwners } from '../../src/wheel/logged-owners.ts'
import { type EntityChange, parseMessage } from '../../src/wheel/message.ts'
import type { RecordOwners } from '../../src/wheel/record-owners.ts'
import type { RecordRow } from '../../src/wheel/records.ts'
import { virtualClock } from '../fixtures/clock.ts'
import { memoryBucket } from '../fixtures/lake.ts'

function logged({ isDurable = true } = {}) {
  const calls: string[] = []
  const sent: EntityChange[] = []
  const lake = memoryBucket()
  const owners = {
    upsert: async (_: string, rows: readonly RecordRow[]) =>
      void calls.push(`upsert ${rows.length}`),
    remove: async (_: string, id: string) => void calls.push(`remove ${id}`),
    count: async () => 7,
  } as unknown as RecordOwners
  const publisher = {
    async publish(messages: readonly Uint8Array[]) {
      for (const message of messages) {
        const parsed = parseMessage(message)
        if ('changes' in parsed) sent.push(...parsed.changes)
      }
      return messages.map(() => isDurable)
    },
    lose() {},
  }
  const clock = virtualClock()
  return { owners: loggedOwners(owners, { publisher, lake, clock }), calls, sent, lake, clock }
}

const row = (id: string, title: string | null, updatedAtMs = 5): RecordRow => ({
  id,
  attributes: { title },
  updatedAtMs,
})

describe('logged owners', () => {
  it('log what was pushed and removed, with its time and when it came', async () => {
    const { owners, calls, sent, clock } = logged()
    await owners.upsert('item', [row('1', 'a'), row('2', null)])
    clock.advance(10)
    await owners.remove('item', '1')
    const receivedMs = clock.nowMs() - 10
    expect(calls).toEqual(['upsert 2', 'remove 1'])
    expect(sent).toEqual([
      { entity: 'item', ...row('1', 'a'), receivedMs },
      { entity: 'item', ...row('2', null), receivedMs },
      {
        ...{ entity: 'item', id: '1', attributes: null },
        ...{ updatedAtMs: receivedMs + 10, receivedMs: receivedMs + 10 },
      },
    ])
    expect(await owners.count('item')).toBe(7)
  })

  it('bring a record that is too large for a message to the lake at once', async () => {
    const { owners, sent, lake } = logged()
    const large = row('2', 'é'.repeat(100_000))
    await owners.upsert('item', [row('1', 'a'), large, row('3', 'b')])
    expect(sent.map(({ id }) => id)).toEqual(['1', '3'])
    const [[key, bytes]] = lake.objects
    expect(key).toContain('events/kind=entity/')
    const [read] = (await readPart(PART_FORMATS.entity, bytes)).map(entityChangeOf)
    expect(read).toMatchObject(large)
  })

  it('reject where a change was not logged, and remove nothing unlogged', async () => {
    const { owners, calls } = logged({ isDurable: false })
    await expect(owners.upsert('item', [row('1', 'a')])).rejects.toMatchObject({
      code: 'not_durable',
    })
    await expect(owners.remove('item', '1')).rejects.toMatchObject({ code: 'not_durable' })
    const down = logged()
    down.lake.breaks = () => true
    await expect(down.owners.upsert('item', [row('1', 'é'.repeat(100_000))])).rejects.toMatchObject(
      {
        code: 'not_durable',
      },
    )
    expect(calls).toEqual(['upsert 1'])
  })
})
