import { describe, expect, it } from 'vitest'
import {
  decisionMessage,
  type EntityChange,
  entityMessages,
  outcomeMessages,
  parseMessage,
} from '../../src/wheel/message.ts'
import { outcomeEvent } from '../fixtures/lake.ts'

const change: EntityChange = {
  entity: 'item',
  id: '318',
  attributes: { title: 'Amélie \ud800', year: null, genres: ['A', '𝄞'] },
  updatedAtMs: 0,
  receivedMs: 1_790_000_000_000,
}

describe('a message', () => {
  it('brings a decision’s record as it is', () => {
    const record = Uint8Array.of(0, 255, 1)
    const message = decisionMessage(record)
    expect(message.length).toBe(record.length + 5)
    expect(parseMessage(message)).toEqual({ kind: 'decision', record })
    expect(parseMessage(message.buffer)).toEqual({ kind: 'decision', record })
    expect(parseMessage(new Uint8Array([9, ...message]).subarray(1))).toMatchObject({ record })
  })

  it('brings events and changes whole, whatever their texts', () => {
    const events = [outcomeEvent(), outcomeEvent({ id: '"\\\u2028', item: null, user: null })]
    const [pack] = outcomeMessages(events)
    expect(pack.count).toBe(2)
    expect(parseMessage(pack.bytes)).toEqual({ kind: 'outcomes', events })
    const changes = [change, { ...change, attributes: null }]
    expect(parseMessage(entityMessages(changes)[0].bytes)).toEqual({ kind: 'entities', changes })
  })

  it('stays within one billing unit, in the order of the events', () => {
    const events = Array.from({ length: 500 }, (_, i) =>
      outcomeEvent({ id: `e${i}`, properties: { note: 'ä'.repeat(i * 3) } }),
    )
    const packs = outcomeMessages(events)
    expect(packs.length).toBeGreaterThan(3)
    for (const { bytes } of packs) expect(bytes.length).toBeLessThanOrEqual(64_000 + 1_000)
    const read = packs.flatMap(({ bytes }) => {
      const message = parseMessage(bytes)
      return 'events' in message ? message.events : []
    })
    expect(read).toEqual(events)
    expect(packs.map(({ count }) => count).reduce((a, b) => a + b)).toBe(500)
  })

  it('of nothing is none', () => {
    expect(outcomeMessages([])).toEqual([])
  })

  it('that is garbage is said to be so, and never throws', () => {
    const [{ bytes }] = outcomeMessages([outcomeEvent()])
    const with_ = (at: number, byte: number) => {
      const copy = bytes.slice()
      copy[at] = byte
      return copy
    }
    const json = (value: unknown) =>
      new Uint8Array([...bytes.subarray(0, 5), ...new TextEncoder().encode(JSON.stringify(value))])
    for (const [body, unreadable] of [
      [null, 'not_bytes'],
      ['text', 'not_bytes'],
      [{ id: 1 }, 'not_bytes'],
      [new Uint8Array(0), 'not_a_message'],
      [bytes.subarray(0, 5), 'not_a_message'],
      [with_(0, 0), 'not_a_message'],
      [with_(3, 2), 'unknown_version'],
      [with_(4, 9), 'unknown_version'],
      [with_(5, 0xff), 'malformed'],
      [bytes.subarray(0, 40), 'malformed'],
      [json({}), 'malformed'],
      [json([1]), 'malformed'],
      [json([{ ...outcomeEvent(), receivedMs: '2026' }]), 'malformed'],
      [json([{ ...outcomeEvent(), receivedMs: 1e300 }]), 'malformed'],
      [json([{ ...outcomeEvent(), position: 1.5 }]), 'malformed'],
      [json([{ id: 'e1' }]), 'malformed'],
    ] as const)
      expect(parseMessage(body)).toEqual({ unreadable })
  })
})
