import type { EventView } from '../event-envelope.ts'
import { murmur3 } from '../murmur3.ts'
import { ALL_TIME, type Tiling } from '../tiles.ts'
import type { ByteReader, ByteWriter } from './bytes.ts'
import { type DistinctAggregate, subjectOf } from './definition.ts'
import type { AggregateState, Valued } from './state.ts'

const SEED = 0x2545f491
const HASHES = 2 ** 32
/** Whoever chooses ids by their hash meets this bound; others stay below (k · (1 + ln tiles) on average). */
const MAX_ENTRIES_PER_K = 8

/** The hash that stands for a subject: 32 bits. */
export function subjectHash(text: string): number {
  return murmur3(text, SEED)
}

/** How many different hashes there are, from the lowest `k + 1` of them, ascending, or all if fewer. */
export function distinctOf(lowest: readonly number[], k: number): number {
  // Bar-Yossef et al. 2002, unbiased form of Beyer et al. 2007 for the (k + 1)-th lowest.
  return lowest.length <= k ? lowest.length : Math.round(k / ((lowest[k] + 1) / HASHES))
}

/**
 * Hashes by their latest tile, ascending by hash. A hash is left out when k + 1 lower ones were seen in its
 * tile or later: then it is among the lowest k + 1 of no window, as windows end now.
 */
export class DistinctState implements AggregateState {
  readonly #aggregate: DistinctAggregate
  readonly #tiling: Tiling
  readonly #hashes: number[] = []
  readonly #tiles: number[] = []

  constructor(aggregate: DistinctAggregate, tiling: Tiling) {
    this.#aggregate = aggregate
    this.#tiling = tiling
  }

  get empty(): boolean {
    return this.#hashes.length === 0
  }

  add(event: EventView, sign: 1 | -1): void {
    if (sign === -1) return
    const tile = this.#tiling.tileOf(event.timeMs)
    const hash = subjectHash(subjectOf(this.#aggregate.of, event) as string)
    const place = this.#placeOf(hash)
    if (this.#hashes[place] === hash) {
      if (this.#tiles[place] >= tile) return
      this.#tiles[place] = tile
    } else {
      if (this.#isNeedless(place, tile)) return
      this.#hashes.splice(place, 0, hash)
      this.#tiles.splice(place, 0, tile)
    }
    if (this.#hashes.length > this.#aggregate.k + 1) this.#drop()
  }

  #placeOf(hash: number): number {
    let from = 0
    let to = this.#hashes.length
    while (from < to) {
      const middle = (from + to) >> 1
      if (this.#hashes[middle] < hash) from = middle + 1
      else to = middle
    }
    return from
  }

  /** Whether k + 1 of the hashes before a place are of the tile or later. Most newcomers to a full list are. */
  #isNeedless(place: number, tile: number): boolean {
    let left = this.#aggregate.k + 1
    for (let at = 0; at < place && place - at >= left; at++)
      if (this.#tiles[at] >= tile && --left === 0) return true
    return false
  }

  #drop(): void {
    const needed = this.#aggregate.k + 1
    /** The latest tiles of lower hashes, descending, at most `needed`. */
    const latest: number[] = []
    let kept = 0
    for (let at = 0; at < this.#hashes.length; at++) {
      const tile = this.#tiles[at]
      if (latest.length === needed && latest[needed - 1] >= tile) continue
      let place = latest.length
      while (place > 0 && latest[place - 1] < tile) place--
      latest.splice(place, 0, tile)
      if (latest.length > needed) latest.pop()
      this.#hashes[kept] = this.#hashes[at]
      this.#tiles[kept++] = tile
    }
    this.#cut(Math.min(kept, needed * MAX_ENTRIES_PER_K))
  }

  valueAt(nowMs: number): Valued {
    const oldest = this.#tiling.firstTile(nowMs)
    const covered = this.#hashes.filter((_, at) => this.#tiles[at] >= oldest)
    return { value: distinctOf(covered, this.#aggregate.k), status: 'present' }
  }

  prune(nowMs: number): void {
    const oldest = this.#tiling.firstTile(nowMs)
    let kept = 0
    for (let at = 0; at < this.#hashes.length; at++) {
      if (this.#tiles[at] < oldest) continue
      this.#hashes[kept] = this.#hashes[at]
      this.#tiles[kept++] = this.#tiles[at]
    }
    this.#cut(kept)
  }

  nextChangeMs(nowMs: number): number {
    const first = this.#tiling.firstTile(nowMs)
    let oldest = Number.POSITIVE_INFINITY
    for (const tile of this.#tiles) if (tile >= first && tile < oldest) oldest = tile
    return oldest === Number.POSITIVE_INFINITY ? oldest : this.#tiling.leavesAtMs(oldest)
  }

  write(out: ByteWriter, originMs: number): void {
    const origin = this.#tiling.tileOf(originMs)
    for (let at = 0; at < this.#hashes.length; at++) {
      out.uint32(this.#hashes[at])
      if (this.#tiling !== ALL_TIME) out.uint(origin - this.#tiles[at])
    }
  }

  /** Reads back what `write` wrote into a state that is empty. */
  read(input: ByteReader, originMs: number): this {
    const origin = this.#tiling.tileOf(originMs)
    while (!input.ended) {
      this.#hashes.push(input.uint32())
      this.#tiles.push(this.#tiling === ALL_TIME ? origin : origin - input.uint())
    }
    return this
  }

  #cut(length: number): void {
    this.#hashes.length = length
    this.#tiles.length = length
  }
}
