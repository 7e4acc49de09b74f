import type { Random } from './random.ts'
import type { Ranker } from './rank.ts'

// 500 rows in 16 blocks: a pick costs one block and a walk over 16 sums, not over all rows.
const BLOCK_BITS = 5

// Weights keep their precision while the best row's stays between these, and their sum stays finite.
const LOWEST_TOP = 2 ** -20
const HIGHEST_TOP = 2 ** 20

/** The chances of the open rows at the next slot, kept up to date while rows close and utilities change. */
export class Odds {
  /** 1 where a row may be drawn. After writing to it, call `reopened`. */
  readonly open: Uint8Array
  /** Finite numbers by row. After writing to them, call `revalued`. */
  readonly utilities: Float64Array
  #openRows = 0
  readonly #ranker: Ranker
  readonly #weights: Float64Array
  /** The utilities that the weights were made from. */
  readonly #weighed: Float64Array
  readonly #sums: Float64Array
  readonly #bests: Int32Array
  readonly #stale: Uint8Array
  #base = Number.NaN
  #best = -1
  #total = 0

  constructor(ranker: Ranker, utilities: Float64Array) {
    const rows = utilities.length
    const blocks = ((rows - 1) >> BLOCK_BITS) + 1
    this.open = new Uint8Array(rows)
    this.utilities = utilities
    this.#ranker = ranker
    this.#weights = new Float64Array(rows)
    this.#weighed = new Float64Array(rows).fill(Number.NaN)
    this.#sums = new Float64Array(blocks)
    this.#bests = new Int32Array(blocks)
    this.#stale = new Uint8Array(blocks).fill(1)
  }

  get openRows(): number {
    return this.#openRows
  }

  reopened(): void {
    let count = 0
    for (let row = 0; row < this.open.length; row++) count += this.open[row]
    this.#openRows = count
    this.#stale.fill(1)
  }

  revalued(): void {
    if (!Number.isNaN(this.#base)) this.#weigh()
    this.#stale.fill(1)
  }

  close(row: number): void {
    if (this.open[row] === 0) return
    this.open[row] = 0
    this.#openRows--
    this.#stale[row >> BLOCK_BITS] = 1
  }

  /** Makes `propensity` and `draw` ready; at least one row must be open. */
  settle(): void {
    this.#refresh()
    const best = this.#bestRow()
    const top = this.#weights[best]
    if (this.#ranker.explore > 0 && !(top >= LOWEST_TOP && top <= HIGHEST_TOP)) {
      this.#base = this.utilities[best]
      this.#weighed.fill(Number.NaN)
      this.#weigh()
      this.#stale.fill(1)
      this.#refresh()
    }
    let total = 0
    for (let block = 0; block < this.#sums.length; block++) total += this.#sums[block]
    this.#total = total
    this.#best = best
  }

  propensity(row: number): number {
    if (this.open[row] === 0) return 0
    const { explore } = this.#ranker
    const spread = explore === 0 ? 0 : (explore * this.#weights[row]) / this.#total
    return row === this.#best ? 1 - explore + spread : spread
  }

  draw(random: Random): number {
    const { explore } = this.#ranker
    const chance = random.float()
    if (chance >= explore) return this.#best
    const target = (chance / explore) * this.#total
    let sum = 0
    let block = 0
    while (block < this.#sums.length - 1 && sum + this.#sums[block] <= target)
      sum += this.#sums[block++]
    return this.#drawFrom(block, target - sum)
  }

  #drawFrom(first: number, target: number): number {
    let sum = 0
    let last = this.#best
    const end = Math.min((first + 1) << BLOCK_BITS, this.open.length)
    for (let row = first << BLOCK_BITS; row < end; row++) {
      if (this.open[row] === 0 || this.#weights[row] === 0) continue
      sum += this.#weights[row]
      last = row
      if (sum > target) break
    }
    return last
  }

  #weigh(): void {
    const { weight } = this.#ranker
    const { utilities } = this
    const base = this.#base
    for (let row = 0; row < utilities.length; row++) {
      if (utilities[row] === this.#weighed[row]) continue
      this.#weighed[row] = utilities[row]
      this.#weights[row] = weight(utilities[row], base)
    }
  }

  #refresh(): void {
    const { open, utilities } = this
    for (let block = 0; block < this.#stale.length; block++) {
      if (this.#stale[block] === 0) continue
      this.#stale[block] = 0
      const end = Math.min((block + 1) << BLOCK_BITS, open.length)
      let sum = 0
      let best = -1
      for (let row = block << BLOCK_BITS; row < end; row++) {
        if (open[row] === 0) continue
        sum += this.#weights[row]
        if (best < 0 || utilities[row] > utilities[best]) best = row
      }
      this.#sums[block] = sum
      this.#bests[block] = best
    }
  }

  #bestRow(): number {
    let best = -1
    for (const row of this.#bests)
      if (row >= 0 && (best < 0 || this.utilities[row] > this.utilities[best])) best = row
    return best
  }
}
