import fc from 'fast-check'
import { expect, it } from 'vitest'
import { fromBase64, toBase64 } from '../../src/store/base64.ts'

it('writes what Buffer writes and reads it back, for any bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      const text = toBase64(bytes)
      expect(text).toBe(Buffer.from(bytes).toString('base64'))
      expect(fromBase64(text)).toEqual(bytes)
    }),
  )
})

it('takes more bytes than a call takes arguments', () => {
  const bytes = new Uint8Array(300_001).fill(200)
  expect(toBase64(bytes)).toBe(Buffer.from(bytes).toString('base64'))
})

it('uses what the runtime brings along', () => {
  const native = Object.assign(Uint8Array.of(1), { toBase64: () => 'native' })
  expect(toBase64(native)).toBe('native')
})

it('refuses what is not base64', () => {
  expect(() => fromBase64('not base64!')).toThrow()
})
