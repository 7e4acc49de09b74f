import { createHmac, timingSafeEqual } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { EdgewheelError } from '../../src/core/errors.ts'
import {
  itemHash,
  type ReceiptKey,
  type ReceiptPayload,
  signReceipt,
  verifyReceipt,
} from '../../src/core/receipt.ts'

function keyOf(id: string, secret: string): ReceiptKey {
  return {
    id,
    mac: (text) => new Uint8Array(createHmac('sha256', secret).update(text).digest()),
  }
}

const current = keyOf('k2', 'new secret')
const previous = keyOf('k1', 'old secret')
const keys = [current, previous]

const payload: ReceiptPayload = {
  decisionId: '0199e1f0-0000-7000-8000-000000000000',
  decidedAtMs: 1_790_000_000_000,
  useCase: 'movies-home',
  variant: 'control',
  model: 'movies-home@3',
  user: 'pseudonym',
  consent: { personalize: true, train: false },
  items: ['318', '296'].map(itemHash),
}

function refused(receipt: string, by: readonly ReceiptKey[] = keys): boolean {
  try {
    verifyReceipt(receipt, by, timingSafeEqual)
    return false
  } catch (error) {
    if (!(error instanceof EdgewheelError)) throw error
    return error.code === 'bad_receipt'
  }
}

describe('a receipt', () => {
  it('gives back what was signed, guests and empty slates included', () => {
    const text = fc.string({ maxLength: 40 })
    fc.assert(
      fc.property(
        fc.record({
          decisionId: text,
          decidedAtMs: fc.integer({ min: 0, max: 2 ** 48 }),
          useCase: text,
          variant: text,
          model: fc.option(text),
          user: fc.option(text),
          consent: fc.record({ personalize: fc.boolean(), train: fc.boolean() }),
          items: fc.array(fc.string({ minLength: 1, maxLength: 20 }).map(itemHash)),
        }),
        (made) => {
          const receipt = signReceipt(made, current)
          expect(receipt).toMatch(/^r1\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/)
          expect(verifyReceipt(receipt, keys, timingSafeEqual)).toEqual(made)
        },
      ),
    )
  })

  it('is refused after a change of any one of its characters', () => {
    const receipt = signReceipt(payload, current)
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    for (let at = 0; at < receipt.length; at++) {
      // Near the end all 64 characters: some differ only in bits that base64url drops.
      const others = at > receipt.length - 4 ? [...alphabet, '=', '.'] : ['A', 'B', '.', 'é', ' ']
      for (const other of others) {
        if (other === receipt[at]) continue
        const forged = receipt.slice(0, at) + other + receipt.slice(at + 1)
        expect(refused(forged), `${at}: ${other}`).toBe(true)
      }
    }
  })

  it('is refused where it was cut short or made longer', () => {
    const receipt = signReceipt(payload, current)
    for (let length = 0; length < receipt.length; length++)
      expect(refused(receipt.slice(0, length))).toBe(true)
    for (const more of ['A', 'AAAA', '=', '.', '.AAAA', '\n'])
      expect(refused(receipt + more)).toBe(true)
  })

  it('is taken from the previous key while that key is accepted, and not after', () => {
    const old = signReceipt(payload, previous)
    expect(verifyReceipt(old, keys, timingSafeEqual)).toEqual(payload)
    expect(refused(old, [current])).toBe(true)
  })

  it('is refused where another secret signed it under a key’s name', () => {
    expect(refused(signReceipt(payload, keyOf('k2', 'guess')))).toBe(true)
  })

  it('is refused where it is no receipt at all', () => {
    for (const text of ['', 'r1', 'r1..', 'r1.e30.e30', 'r2.e30.e30', 'r1.bnVsbA.AAAA', '\0', '{}'])
      expect(refused(text)).toBe(true)
    fc.assert(
      fc.property(fc.string({ maxLength: 200, unit: 'binary' }), (text) => {
        expect(refused(text)).toBe(true)
        expect(refused(`r1.${text}.${text}`)).toBe(true)
      }),
    )
  })
})

describe('itemHash', () => {
  it('is 11 characters that differ between ids', () => {
    const hashes = Array.from({ length: 10_000 }, (_, n) => itemHash(String(n)))
    expect(hashes.every((hash) => /^[A-Za-z0-9_-]{11}$/.test(hash))).toBe(true)
    expect(new Set(hashes).size).toBe(hashes.length)
  })
})
