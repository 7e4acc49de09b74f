import type { EventView } from '../event-envelope.ts'
import type { Tiling } from '../tiles.ts'
import type { ByteReader, ByteWriter } from './bytes.ts'
import { microsOf, valueOfMicros } from './micros.ts'
import { type AggregateState, MISSING_VALUE, type Valued } from './state.ts'

/**
 * The highest value of each tile that no later tile reaches: tiles ascend, values descend. What is left
 * out can be the highest of no window, as windows end now.
 */
export class Extreme implements AggregateState {
  readonly #tiling: Tiling
  /** -1 keeps the lowest value: the highest of the negated ones. */
  readonly #sign: 1 | -1
  readonly #tiles: number[] = []
  readonly #micros: number[] = []

  constructor(kind: 'min' | 'max', tiling: Tiling) {
    this.#sign = kind === 'max' ? 1 : -1
    this.#tiling = tiling
  }

  get empty(): boolean {
    return this.#tiles.length === 0
  }

  add(event: EventView, sign: 1 | -1): void {
    if (sign === 1)
      this.#put(this.#tiling.tileOf(event.timeMs), this.#sign * (microsOf(event.value) as number))
  }

  #put(tile: number, micros: number): void {
    let end = this.#tiles.length
    while (end > 0 && this.#tiles[end - 1] > tile) end--
    const next = this.#micros[end]
    if (next !== undefined && next >= micros) return
    if (this.#tiles[end - 1] === tile && this.#micros[end - 1] >= micros) return
    let start = end
    while (start > 0 && this.#micros[start - 1] <= micros) start--
    this.#tiles.splice(start, end - start, tile)
    this.#micros.splice(start, end - start, micros)
  }

  valueAt(nowMs: number): Valued {
    const first = this.#first(nowMs)
    if (first === this.#tiles.length) return MISSING_VALUE
    return { value: valueOfMicros(this.#sign * this.#micros[first]), status: 'present' }
  }

  prune(nowMs: number): void {
    const first = this.#first(nowMs)
    this.#tiles.splice(0, first)
    this.#micros.splice(0, first)
  }

  nextChangeMs(nowMs: number): number {
    const first = this.#tiles[this.#first(nowMs)]
    return first === undefined ? Number.POSITIVE_INFINITY : this.#tiling.leavesAtMs(first)
  }

  write(out: ByteWriter, originMs: number): void {
    let before = this.#tiling.tileOf(originMs)
    out.uint(this.#tiles.length)
    for (let place = this.#tiles.length - 1; place >= 0; place--) {
      out.uint(before - this.#tiles[place])
      out.int(this.#micros[place])
      before = this.#tiles[place]
    }
  }

  /** Reads back what `write` wrote into a state that is empty. */
  read(input: ByteReader, originMs: number): this {
    let tile = this.#tiling.tileOf(originMs)
    for (let left = input.uint(); left > 0; left--) {
      tile -= input.uint()
      this.#put(tile, input.int())
    }
    return this
  }

  #first(nowMs: number): number {
    const oldest = this.#tiling.firstTile(nowMs)
    let first = 0
    while (first < this.#tiles.length && this.#tiles[first] < oldest) first++
    return first
  }
}
