const encoder = new TextEncoder()

/**
 * MurmurHash3 x86 32-bit of the UTF-8 bytes of a text, as an unsigned integer (Appleby,
 * MurmurHash3_x86_32, public domain). The seed is taken modulo 2^32. ASCII texts are hashed in
 * place, without encoding them first; lone surrogates count as U+FFFD.
 */
export function murmur3(text: string, seed = 0): number {
  const length = text.length
  const body = length & ~3
  let hash = seed | 0
  let at = 0
  for (; at < body; at += 4) {
    const a = text.charCodeAt(at)
    const b = text.charCodeAt(at + 1)
    const c = text.charCodeAt(at + 2)
    const d = text.charCodeAt(at + 3)
    if ((a | b | c | d) > 0x7f) return murmur3Bytes(encoder.encode(text), seed)
    hash = mix(hash, a | (b << 8) | (c << 16) | (d << 24))
  }
  let tail = 0
  for (let shift = 0; at < length; at++, shift += 8) {
    const code = text.charCodeAt(at)
    if (code > 0x7f) return murmur3Bytes(encoder.encode(text), seed)
    tail |= code << shift
  }
  if (length > body) hash ^= scramble(tail)
  return finish(hash, length)
}

/** The same hash of bytes, by default all of them. */
export function murmur3Bytes(
  bytes: Uint8Array,
  seed = 0,
  start = 0,
  end: number = bytes.length,
): number {
  const length = end - start
  const body = start + (length & ~3)
  let hash = seed | 0
  let at = start
  for (; at < body; at += 4) {
    hash = mix(
      hash,
      bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24),
    )
  }
  if (at < end) {
    let tail = 0
    for (let shift = 0; at < end; at++, shift += 8) tail |= bytes[at] << shift
    hash ^= scramble(tail)
  }
  return finish(hash, length)
}

function scramble(block: number): number {
  const k = Math.imul(block, 0xcc9e2d51)
  return Math.imul((k << 15) | (k >>> 17), 0x1b873593)
}

function mix(hash: number, block: number): number {
  const h = hash ^ scramble(block)
  return (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0
}

function finish(hash: number, length: number): number {
  let h = hash ^ length
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}
