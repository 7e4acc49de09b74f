import { describe, expect, it } from 'vitest'
import { correctedTimeMs, eventTimeMs } from '../../src/core/event-time.ts'

const NOW_MS = 1_790_000_000_000
const HOUR_MS = 3_600_000

describe('the time of an event', () => {
  it('is corrected by how far the client’s clock was off when it sent', () => {
    for (const offMs of [-5 * HOUR_MS, -60_000, 60_000, 48 * HOUR_MS]) {
      const sentMs = NOW_MS + offMs
      const times = { createdMs: sentMs - 1_500, sentMs, receivedMs: NOW_MS, receiptMs: null }
      expect(correctedTimeMs(times)).toBe(NOW_MS - 1_500)
    }
  })

  it('is what a client with a right clock wrote, however long the network took', () => {
    const times = { createdMs: NOW_MS - 9_000, sentMs: NOW_MS - 4_000, receiptMs: null }
    expect(eventTimeMs({ ...times, receivedMs: NOW_MS })).toBe(NOW_MS - 9_000)
    expect(eventTimeMs({ ...times, receivedMs: NOW_MS + 3_000 })).toBe(NOW_MS - 9_000)
  })

  it('is not before the receipt was made and not after arrival', () => {
    const times = { sentMs: null, receivedMs: NOW_MS, receiptMs: NOW_MS - HOUR_MS }
    expect(eventTimeMs({ ...times, createdMs: 0 })).toBe(NOW_MS - HOUR_MS)
    expect(eventTimeMs({ ...times, createdMs: NOW_MS + HOUR_MS })).toBe(NOW_MS)
    expect(eventTimeMs({ ...times, createdMs: NOW_MS - 7 })).toBe(NOW_MS - 7)
    expect(eventTimeMs({ ...times, createdMs: null })).toBe(NOW_MS)
  })
})
