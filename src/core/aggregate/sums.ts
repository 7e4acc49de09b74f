import type { EventView } from '../event-envelope.ts'
import type { Tiling } from '../tiles.ts'
import type { ByteReader, ByteWriter } from './bytes.ts'
import type { AggregateState, Valued } from './state.ts'

/** How a kind sums: `width` whole numbers a tile, what an event adds to them, and the value they make. */
export interface Summing {
  readonly width: number
  add(lanes: number[], at: number, event: EventView, sign: 1 | -1): void
  /** The value of tiles `from` on; `tiles` and `lanes` are those kept, ascending. */
  value(tiles: readonly number[], lanes: readonly number[], from: number, nowMs: number): Valued
  /** Set where the value changes from hop to hop even while no tile leaves, ms. */
  readonly everyMs?: number
}

/** Sums below this share a byte with the distance to the next tile. */
const SMALL = 8

/** Sums by sparse tiles. A tile that sums to nothing is not kept. */
export class Sums implements AggregateState {
  readonly #summing: Summing
  readonly #tiling: Tiling
  readonly #tiles: number[] = []
  readonly #lanes: number[] = []

  constructor(summing: Summing, tiling: Tiling) {
    this.#summing = summing
    this.#tiling = tiling
  }

  get empty(): boolean {
    return this.#tiles.length === 0
  }

  add(event: EventView, sign: 1 | -1): void {
    const { width } = this.#summing
    const tile = this.#tiling.tileOf(event.timeMs)
    const place = this.#from(tile)
    const at = place * width
    if (this.#tiles[place] !== tile) {
      this.#tiles.splice(place, 0, tile)
      this.#lanes.splice(at, 0, ...new Array<number>(width).fill(0))
    }
    this.#summing.add(this.#lanes, at, event, sign)
    for (let lane = at; lane < at + width; lane++) if (this.#lanes[lane] !== 0) return
    this.#tiles.splice(place, 1)
    this.#lanes.splice(at, width)
  }

  valueAt(nowMs: number): Valued {
    const from = this.#from(this.#tiling.firstTile(nowMs))
    return this.#summing.value(this.#tiles, this.#lanes, from, nowMs)
  }

  prune(nowMs: number): void {
    const from = this.#from(this.#tiling.firstTile(nowMs))
    this.#tiles.splice(0, from)
    this.#lanes.splice(0, from * this.#summing.width)
  }

  nextChangeMs(nowMs: number): number {
    const oldest = this.#tiles[this.#from(this.#tiling.firstTile(nowMs))]
    if (oldest === undefined) return Number.POSITIVE_INFINITY
    const { everyMs } = this.#summing
    if (everyMs !== undefined) return (Math.floor(nowMs / everyMs) + 1) * everyMs
    return this.#tiling.leavesAtMs(oldest)
  }

  /** Newest first. A byte tells of most tiles: how far it is to the next older one, and a small first sum. */
  write(out: ByteWriter, originMs: number): void {
    const { width } = this.#summing
    const newest = this.#tiles.length - 1
    out.uint(this.#tiles.length)
    // Signed: a retraction may be later than the latest event.
    out.int(this.#tiling.tileOf(originMs) - this.#tiles[newest])
    for (let place = newest; place >= 0; place--) {
      const gap = place === 0 ? 0 : this.#tiles[place] - this.#tiles[place - 1]
      const first = this.#lanes[place * width]
      const small = first > 0 && first < SMALL ? first : 0
      out.uint(gap * SMALL + small)
      for (let lane = small > 0 ? 1 : 0; lane < width; lane++)
        out.int(this.#lanes[place * width + lane])
    }
  }

  /** Reads back what `write` wrote into a state that is empty. */
  read(input: ByteReader, originMs: number): this {
    const { width } = this.#summing
    const count = input.uint()
    let tile = this.#tiling.tileOf(originMs) - input.int()
    for (let n = 0; n < count; n++) {
      const head = input.uint()
      this.#tiles.push(tile)
      tile -= Math.floor(head / SMALL)
      // Backwards, as all is turned round in the end.
      const group = head % SMALL > 0 ? [head % SMALL] : []
      while (group.length < width) group.push(input.int())
      this.#lanes.push(...group.reverse())
    }
    this.#tiles.reverse()
    this.#lanes.reverse()
    return this
  }

  /** The place of the first kept tile that is not before `tile`. Events mostly come at the end. */
  #from(tile: number): number {
    let place = this.#tiles.length
    while (place > 0 && this.#tiles[place - 1] >= tile) place--
    return place
  }
}
