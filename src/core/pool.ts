import type { GivenCandidate } from './request.ts'
import type { Table } from './table.ts'

/** A candidate that did not reach the ranker: which stage let it go, and why. */
export interface Drop {
  readonly id: string
  readonly stage: string
  readonly reason: string
}

/** How many drops a decision remembers by name; the counts go on. */
export const DROPS_KEPT = 256

/**
 * The candidates of one decision, by row. A row has a slot of the candidates' table, or -1 and an id of
 * its own where no record is known. Rows merge by identity and collect their sources as bits.
 */
export class Pool {
  readonly slots: Int32Array
  readonly sources: Uint32Array
  /** Retrieval score by source, then row; NaN where that source did not draw the row. */
  readonly retrieval: Float32Array[]
  readonly given: (GivenCandidate | null)[] = []
  readonly #unknown = new Map<number, string>()
  readonly #rowOfSlot: Int32Array
  readonly #rowOfUnknown = new Map<string, number>()
  size = 0
  readonly table: Table
  readonly sourceNames: readonly string[]
  readonly capacity: number

  constructor(table: Table, sourceNames: readonly string[], capacity: number) {
    this.table = table
    this.sourceNames = sourceNames
    this.capacity = capacity
    this.slots = new Int32Array(capacity)
    this.sources = new Uint32Array(capacity)
    this.retrieval = sourceNames.map(() => new Float32Array(capacity).fill(Number.NaN))
    this.#rowOfSlot = new Int32Array(table.size).fill(-1)
  }

  get full(): boolean {
    return this.size >= this.capacity
  }

  idOf(row: number): string {
    const slot = this.slots[row]
    return slot >= 0 ? this.table.ids[slot] : (this.#unknown.get(row) as string)
  }

  hasSlot(slot: number): boolean {
    return this.#rowOfSlot[slot] >= 0
  }

  rowOf(id: string): number {
    const slot = this.table.slotOf(id)
    if (slot >= 0) return this.#rowOfSlot[slot]
    return this.#rowOfUnknown.get(id) ?? -1
  }

  /** Adds a known record, or one more source to its row. False where the pool is full. */
  addSlot(slot: number, source: number, score: number): boolean {
    let row = this.#rowOfSlot[slot]
    if (row < 0) {
      if (this.full) return false
      row = this.#newRow(slot)
      this.#rowOfSlot[slot] = row
    }
    this.#mark(row, source, score)
    return true
  }

  /** Adds a candidate by id, known or not, with what the caller said of it. False where the pool is full. */
  addId(
    id: string,
    source: number,
    score: number,
    given: GivenCandidate | null,
    slot: number = this.table.slotOf(id),
  ): boolean {
    if (slot >= 0) {
      if (!this.addSlot(slot, source, score)) return false
      this.given[this.#rowOfSlot[slot]] ??= given
      return true
    }
    let row = this.#rowOfUnknown.get(id) ?? -1
    if (row < 0) {
      if (this.full) return false
      row = this.#newRow(-1)
      this.#unknown.set(row, id)
      this.#rowOfUnknown.set(id, row)
    }
    this.given[row] ??= given
    this.#mark(row, source, score)
    return true
  }

  /** The names of the sources that drew a row, in the order of the chain. */
  sourcesOf(row: number): string[] {
    return this.sourceNames.filter((_, source) => (this.sources[row] >>> source) & 1)
  }

  #newRow(slot: number): number {
    this.slots[this.size] = slot
    this.given[this.size] = null
    return this.size++
  }

  #mark(row: number, source: number, score: number): void {
    this.sources[row] |= 1 << source
    // NaN says that a source did not draw the row; a score that is no number must not.
    this.retrieval[source][row] = score || 0
  }
}
