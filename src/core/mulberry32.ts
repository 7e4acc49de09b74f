/**
 * Mulberry32 (Tommy Ettinger, public domain): a generator with 32 bits of state for reproducible
 * simulations and samples, not for secrets. Each call gives the next number in [0, 1). The seed is
 * taken modulo 2^32.
 */
export function mulberry32(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}
