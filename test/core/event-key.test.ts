import { describe, expect, it } from 'vitest'
import { defineEvent } from '../../src/core/event.ts'
import { hash96, murmur3x128 } from '../../src/core/event-hash.ts'
import {
  dedupeKey,
  dedupeKeyText,
  type KeyedEvent,
  keyTimeMs,
  retractionKey,
} from '../../src/core/event-key.ts'
import { type TrustClaim, trustOf } from '../../src/core/event-trust.ts'
import { itemHash } from '../../src/core/receipt.ts'

const click = defineEvent('click', { owner: 'web', once: true })
const rate = defineEvent('rate', { owner: 'web' })
const impression = defineEvent('impression', { owner: 'web', once: true, many: 'items' })

const DECISION = '01990000-0000-7000-8000-000000000001'

function sent(more: Partial<KeyedEvent> = {}): KeyedEvent {
  return {
    ...{ id: 'e1', item: '318', decisionId: DECISION, retracts: null, voucher: 'receipt' },
    ...more,
  }
}

describe('murmur3x128', () => {
  it('gives the published values', () => {
    const hex = (text: string) =>
      murmur3x128(text)
        .map((part) => part.toString(16).padStart(8, '0'))
        .join('')
    expect(hex('')).toBe('0'.repeat(32))
    expect(hex('The quick brown fox jumps over the lazy dog')).toBe(
      '2f1583c3ecee2c675d7bf66ce5e91d2c',
    )
    expect(hex("I will not buy this tobacconist's, it is scratched.")).toBe(
      '9b5b7ba2ef3f7866889adeaf00f3f98e',
    )
  })

  it('makes keys of 96 bits in 16 characters, without collisions among like texts', () => {
    const keys = new Set(Array.from({ length: 100_000 }, (_, n) => hash96(`V secret click e${n}`)))
    expect(keys.size).toBe(100_000)
    for (const key of keys) if (!/^[A-Za-z0-9_-]{16}$/.test(key)) expect(key).toBe('base64url')
  })
})

describe('the key of an event', () => {
  it('is decision, item and type for types that count once, whatever the id and the way it came', () => {
    const key = dedupeKey(sent(), click)
    expect(dedupeKey(sent({ id: 'e2', voucher: 'secret' }), click)).toBe(key)
    expect(dedupeKey(sent({ item: '1' }), click)).not.toBe(key)
    expect(dedupeKey(sent({ decisionId: null }), click)).not.toBe(key)
  })

  it('is decision, type and id for the others under a receipt, else voucher, type and id', () => {
    expect(dedupeKeyText(sent(), rate)).toBe(`R ${DECISION} rate e1`)
    expect(dedupeKeyText(sent({ voucher: 'secret' }), rate)).toBe('V secret rate e1')
    expect(dedupeKeyText(sent({ voucher: 'history', decisionId: null }), rate)).toBe(
      'V history rate e1',
    )
  })

  it('tells the items of one event apart where no decision does', () => {
    const one = sent({ decisionId: null, voucher: 'secret' })
    expect(dedupeKey(one, impression)).not.toBe(dedupeKey({ ...one, item: '1' }, impression))
  })

  it('of a retraction is that of what it takes back, and its own mark is another', () => {
    for (const type of [click, rate, impression]) {
      const back = sent({ id: 'e9', retracts: 'e1' })
      expect(dedupeKey(back, type)).toBe(dedupeKey(sent(), type))
      expect(retractionKey(back, type)).toBe(retractionKey(sent(), type))
      expect(retractionKey(back, type)).not.toBe(dedupeKey(back, type))
    }
  })

  it('is found by the time of the decision, else by the time the client wrote', () => {
    expect(keyTimeMs(DECISION, 5)).toBe(0x019900000000)
    expect(keyTimeMs(null, 5)).toBe(5)
    expect(keyTimeMs('order-17', 5)).toBe(5)
    expect(keyTimeMs(null, null)).toBeNull()
  })
})

describe('an event counts', () => {
  const DAY_MS = 86_400_000
  const NOW_MS = 1_790_000_000_000
  const receipt = {
    ...{ decisionId: DECISION, decidedAtMs: NOW_MS - DAY_MS, useCase: 'home', variant: 'control' },
    ...{ model: null, user: 'p1', consent: { personalize: true, train: true } },
    items: [itemHash('318')],
  }
  const claim: TrustClaim = {
    ...{ key: 'publishable', receipt, item: '318', user: 'p1', receivedMs: NOW_MS },
    ...{ keyTimeMs: NOW_MS - DAY_MS, receiptLifeMs: 8 * DAY_MS },
  }

  it('with the publishable key only under a receipt that covers it', () => {
    const why = (more: Partial<TrustClaim>) => trustOf({ ...claim, ...more })
    expect(why({})).toEqual({ voucher: 'receipt' })
    expect(why({ user: null })).toEqual({ voucher: 'receipt' })
    expect(why({ receipt: { ...receipt, user: null } })).toEqual({ voucher: 'receipt' })
    expect(why({ receipt: null })).toEqual({ notCounted: 'no_receipt' })
    expect(why({ receipt: 'bad' })).toEqual({ notCounted: 'bad_receipt' })
    expect(why({ item: '1' })).toEqual({ notCounted: 'item_not_served' })
    expect(why({ user: 'p2' })).toEqual({ notCounted: 'user_not_served' })
    expect(why({ receivedMs: NOW_MS + 7 * DAY_MS })).toEqual({ voucher: 'receipt' })
    expect(why({ receivedMs: NOW_MS + 7 * DAY_MS + 1 })).toEqual({ notCounted: 'receipt_expired' })
  })

  it('with the secret key as it is, within 14 days', () => {
    const bare: TrustClaim = { ...claim, key: 'secret', receipt: null }
    expect(trustOf(bare)).toEqual({ voucher: 'secret' })
    expect(trustOf({ ...bare, receipt: 'bad' })).toEqual({ voucher: 'secret' })
    expect(trustOf({ ...bare, receipt })).toEqual({ voucher: 'receipt' })
    const old = { ...bare, keyTimeMs: NOW_MS - 14 * DAY_MS - 1 }
    expect(trustOf(old)).toEqual({ notCounted: 'too_old' })
    expect(trustOf({ ...old, key: 'history' })).toEqual({ voucher: 'history' })
  })
})
