import type { ByteReader, ByteWriter } from './aggregate/bytes.ts'
import { murmur3 } from './murmur3.ts'

/** The most ids that a set knows one by one; what is larger becomes a Bloom filter. */
export const MAX_KNOWN_IDS = 4_096

const SEED = 0x5eed1d5e
/** Numerals, which many ids are, stand for themselves below this; other ids are hashed above it. */
const NUMERALS = 2 ** 31
const NUMERAL = /^(0|[1-9]\d{0,9})$/
/** 16 KB, as much as 4,096 ids may take; with 5 probes 0.3 % of others are taken for ids at 10,000, 4 % at 20,000. */
const BLOOM_BITS = 2 ** 17
const PROBES = 5

const LIST = 0
const BLOOM = 1

/**
 * Which ids somebody has met: up to 4,096 as numbers of 32 bits, of which those of numerals below 2^31 are
 * exact and others one in 2^31 by chance; beyond that a Bloom filter, which never forgets an id but takes a
 * few others for one. Equal sets are equal bytes, whatever the order in which their ids came.
 */
export class IdSet {
  /** Ascending; null where the filter has taken over. */
  #known: number[] | null = []
  #bloom: Uint8Array = new Uint8Array()

  has(id: string): boolean {
    const token = tokenOf(id)
    if (this.#known === null) return probes(token).every((bit) => this.#isSet(bit))
    return this.#known[this.#placeOf(this.#known, token)] === token
  }

  /** How many ids: exact up to 4,096, beyond that an estimate. */
  get size(): number {
    if (this.#known !== null) return this.#known.length
    let set = 0
    for (const byte of this.#bloom) for (let rest = byte; rest > 0; rest &= rest - 1) set++
    const empty = Math.max(1, BLOOM_BITS - set) / BLOOM_BITS
    return Math.round((-BLOOM_BITS / PROBES) * Math.log(empty))
  }

  add(id: string): void {
    this.#addToken(tokenOf(id))
  }

  #addToken(token: number): void {
    if (this.#known === null) {
      this.#set(token)
      return
    }
    const place = this.#placeOf(this.#known, token)
    if (this.#known[place] === token) return
    this.#known.splice(place, 0, token)
    if (this.#known.length <= MAX_KNOWN_IDS) return
    this.#bloom = new Uint8Array(BLOOM_BITS / 8)
    for (const known of this.#known) this.#set(known)
    this.#known = null
  }

  /** Each number as its distance from the one before. */
  write(out: ByteWriter): void {
    if (this.#known === null) {
      out.byte(BLOOM)
      out.bytes(this.#bloom)
      return
    }
    out.byte(LIST)
    let before = 0
    for (const token of this.#known) {
      out.uint(token - before)
      before = token
    }
  }

  /** Reads back what `write` wrote, to the end, into a set that is empty. */
  read(input: ByteReader): this {
    if (input.byte() === BLOOM) {
      this.#known = null
      this.#bloom = input.bytes(BLOOM_BITS / 8).slice()
      return this
    }
    const known: number[] = []
    let token = 0
    while (!input.ended) {
      token += input.uint()
      known.push(token)
    }
    this.#known = known
    return this
  }

  #placeOf(known: readonly number[], token: number): number {
    let from = 0
    let to = known.length
    while (from < to) {
      const middle = (from + to) >> 1
      if (known[middle] < token) from = middle + 1
      else to = middle
    }
    return from
  }

  #set(token: number): void {
    for (const bit of probes(token)) this.#bloom[bit >> 3] |= 1 << (bit & 7)
  }

  #isSet(bit: number): boolean {
    return (this.#bloom[bit >> 3] & (1 << (bit & 7))) !== 0
  }
}

function tokenOf(id: string): number {
  if (NUMERAL.test(id) && Number(id) < NUMERALS) return Number(id)
  return NUMERALS + (murmur3(id, SEED) >>> 1)
}

/** Double hashing (Kirsch and Mitzenmacher 2006). */
function probes(token: number): number[] {
  const first = mixed(token)
  const step = mixed(token ^ SEED) | 1
  return Array.from({ length: PROBES }, (_, n) => (first + Math.imul(n, step)) & (BLOOM_BITS - 1))
}

/** The finalizer of MurmurHash3. */
function mixed(word: number): number {
  let hash = word | 0
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return hash ^ (hash >>> 16)
}
