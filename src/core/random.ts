/** A seeded source of chance; the same seed gives the same numbers on every engine. */
export interface Random {
  /** The next number in [0, 1), 53 bits. */
  float(): number
  /** A whole number in [0, below). */
  below(below: number): number
}

/**
 * sfc32 (Chris Doty-Humphrey's PractRand): 128 bits of state from the first 16 bytes of `seed`,
 * twelve rounds of warm-up.
 */
export function seededRandom(seed: Uint8Array): Random {
  const view = new DataView(seed.buffer, seed.byteOffset, 16)
  let a = view.getUint32(0)
  let b = view.getUint32(4)
  let c = view.getUint32(8)
  let d = view.getUint32(12)
  const next = (): number => {
    const t = (a + b + d) | 0
    d = (d + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (c << 21) | (c >>> 11)
    c = (c + t) | 0
    return t >>> 0
  }
  for (let i = 0; i < 12; i++) next()
  const float = (): number => {
    const high = next() >>> 5
    const low = next() >>> 6
    return (high * 67108864 + low) / 9007199254740992
  }
  return { float, below: (below) => Math.floor(float() * below) }
}
