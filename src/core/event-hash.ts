import { EdgewheelError } from './errors.ts'

const C = [0x239b961b, 0xab0e9789, 0x38b34ae5, 0xa1e38b93] as const
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/**
 * MurmurHash3 x86 128-bit of an ASCII text as four unsigned integers (Appleby, MurmurHash3_x86_128,
 * public domain). Throws `invalid_format` for a text beyond ASCII.
 */
export function murmur3x128(text: string, seed = 0): [number, number, number, number] {
  const bytes = asciiOf(text)
  const words = new Int32Array(bytes.buffer)
  let h1 = seed | 0
  let h2 = h1
  let h3 = h1
  let h4 = h1
  const blocks = text.length >> 4
  for (let block = 0; block < blocks; block++) {
    const at = block * 4
    h1 ^= word(words[at], 0)
    h1 = (Math.imul((rotate(h1, 19) + h2) | 0, 5) + 0x561ccd1b) | 0
    h2 ^= word(words[at + 1], 1)
    h2 = (Math.imul((rotate(h2, 17) + h3) | 0, 5) + 0x0bcaa747) | 0
    h3 ^= word(words[at + 2], 2)
    h3 = (Math.imul((rotate(h3, 15) + h4) | 0, 5) + 0x96cd1c35) | 0
    h4 ^= word(words[at + 3], 3)
    h4 = (Math.imul((rotate(h4, 13) + h1) | 0, 5) + 0x32ac3b17) | 0
  }
  // The bytes after the last whole block, with zeros behind them: a word of zeros changes nothing.
  const tail = blocks * 4
  h1 ^= word(words[tail], 0) ^ text.length
  h2 ^= word(words[tail + 1], 1) ^ text.length
  h3 ^= word(words[tail + 2], 2) ^ text.length
  h4 ^= word(words[tail + 3], 3) ^ text.length
  h1 = (h1 + h2 + h3 + h4) | 0
  h2 = finish((h2 + h1) | 0)
  h3 = finish((h3 + h1) | 0)
  h4 = finish((h4 + h1) | 0)
  h1 = finish(h1)
  h1 = (h1 + h2 + h3 + h4) | 0
  return [h1 >>> 0, (h2 + h1) >>> 0, (h3 + h1) >>> 0, (h4 + h1) >>> 0]
}

/** 96 bits of {@link murmur3x128} as 16 base64url characters. Not a secret, and no defence against forgers. */
export function hash96(text: string): string {
  const [a, b, c] = murmur3x128(text)
  let hash = ''
  for (const bits of [a >>> 8, ((a & 0xff) << 16) | (b >>> 16), ((b & 0xffff) << 8) | (c >>> 24)])
    hash += sextets(bits)
  return hash + sextets(c & 0xffffff)
}

function sextets(bits: number): string {
  return (
    ALPHABET[bits >>> 18] +
    ALPHABET[(bits >>> 12) & 63] +
    ALPHABET[(bits >>> 6) & 63] +
    ALPHABET[bits & 63]
  )
}

/** The bytes of a text, padded with zeros past the end of its last block of 16. */
function asciiOf(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array((text.length & ~15) + 16)
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code > 0x7f) throw new EdgewheelError('invalid_format', 'a key is printable ASCII')
    bytes[at] = code
  }
  return bytes
}

function rotate(value: number, by: number): number {
  return (value << by) | (value >>> (32 - by))
}

function word(value: number, lane: 0 | 1 | 2 | 3): number {
  return Math.imul(rotate(Math.imul(value, C[lane]), 15 + lane), C[(lane + 1) & 3])
}

function finish(hash: number): number {
  let h = hash
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return h ^ (h >>> 16)
}
