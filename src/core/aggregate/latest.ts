import type { EventView } from '../event-envelope.ts'
import { murmur3 } from '../murmur3.ts'
import type { Tiling } from '../tiles.ts'
import type { ByteReader, ByteWriter } from './bytes.ts'
import { type LastKAggregate, subjectOf } from './definition.ts'
import { microsOf, valueOfMicros } from './micros.ts'
import { type AggregateState, MISSING_VALUE, type Valued } from './state.ts'

interface LatestValue {
  readonly timeMs: number
  /** Of the event's id. */
  readonly hash: number
  readonly micros: number
}

/** The value of the latest event; of those of one time, the one whose id has the higher hash. */
export class LatestState implements AggregateState {
  readonly #tiling: Tiling
  #latest: LatestValue | null = null

  constructor(tiling: Tiling) {
    this.#tiling = tiling
  }

  get empty(): boolean {
    return this.#latest === null
  }

  add(event: EventView, sign: 1 | -1): void {
    if (sign === -1) return
    const micros = microsOf(event.value) as number
    const latest = { timeMs: event.timeMs, hash: murmur3(event.id), micros }
    const before = this.#latest
    const order =
      before &&
      (latest.timeMs - before.timeMs || latest.hash - before.hash || micros - before.micros)
    if (order === null || order > 0) this.#latest = latest
  }

  valueAt(nowMs: number): Valued {
    if (this.#latest === null || !this.#covers(nowMs)) return MISSING_VALUE
    return { value: valueOfMicros(this.#latest.micros), status: 'present' }
  }

  prune(nowMs: number): void {
    if (!this.#covers(nowMs)) this.#latest = null
  }

  nextChangeMs(nowMs: number): number {
    if (this.#latest === null || !this.#covers(nowMs)) return Number.POSITIVE_INFINITY
    return this.#tiling.leavesAtMs(this.#tiling.tileOf(this.#latest.timeMs))
  }

  write(out: ByteWriter, originMs: number): void {
    if (this.#latest === null) return
    out.uint(originMs - this.#latest.timeMs)
    out.uint32(this.#latest.hash)
    out.int(this.#latest.micros)
  }

  /** Reads back what `write` wrote into a state that is empty. */
  read(input: ByteReader, originMs: number): this {
    if (!input.ended)
      this.#latest = {
        timeMs: originMs - input.uint(),
        hash: input.uint32(),
        micros: input.int(),
      }
    return this
  }

  #covers(nowMs: number): boolean {
    const { timeMs } = this.#latest ?? { timeMs: 0 }
    return this.#tiling.tileOf(timeMs) >= this.#tiling.firstTile(nowMs)
  }
}

interface LatestText {
  readonly text: string
  readonly timeMs: number
}

/** Newest first; of one time, the higher hash of the text first, so that no alphabet has a say. */
function newestFirst(a: LatestText, b: LatestText): number {
  return b.timeMs - a.timeMs || murmur3(b.text) - murmur3(a.text) || (a.text < b.text ? -1 : 1)
}

/** The texts with the latest times, each once with its latest. What falls off the end can come back only as newer. */
export class LatestKState implements AggregateState {
  readonly #aggregate: LastKAggregate
  readonly #tiling: Tiling
  readonly #entries: LatestText[] = []

  constructor(aggregate: LastKAggregate, tiling: Tiling) {
    this.#aggregate = aggregate
    this.#tiling = tiling
  }

  get empty(): boolean {
    return this.#entries.length === 0
  }

  add(event: EventView, sign: 1 | -1): void {
    if (sign === -1) return
    const { k, of } = this.#aggregate
    const entry = { text: subjectOf(of, event) as string, timeMs: event.timeMs }
    const entries = this.#entries
    const known = entries.findIndex(({ text }) => text === entry.text)
    if (known >= 0 && entries[known].timeMs >= entry.timeMs) return
    if (known >= 0) entries.splice(known, 1)
    let place = 0
    while (place < entries.length && newestFirst(entries[place], entry) < 0) place++
    entries.splice(place, 0, entry)
    if (entries.length > k) entries.pop()
  }

  valueAt(nowMs: number): Valued {
    const covered = this.#entries.slice(0, this.#covered(nowMs))
    return { value: covered.map(({ text }) => text), status: 'present' }
  }

  prune(nowMs: number): void {
    this.#entries.length = this.#covered(nowMs)
  }

  nextChangeMs(nowMs: number): number {
    const oldest = this.#entries[this.#covered(nowMs) - 1]
    if (oldest === undefined) return Number.POSITIVE_INFINITY
    return this.#tiling.leavesAtMs(this.#tiling.tileOf(oldest.timeMs))
  }

  write(out: ByteWriter, originMs: number): void {
    let before = originMs
    for (const { text, timeMs } of this.#entries) {
      out.uint(before - timeMs)
      out.text(text)
      before = timeMs
    }
  }

  /** Reads back what `write` wrote into a state that is empty. */
  read(input: ByteReader, originMs: number): this {
    let timeMs = originMs
    while (!input.ended) {
      timeMs -= input.uint()
      this.#entries.push({ text: input.text(), timeMs })
    }
    return this
  }

  #covered(nowMs: number): number {
    const oldest = this.#tiling.firstTile(nowMs)
    let covered = this.#entries.length
    while (covered > 0 && this.#tiling.tileOf(this.#entries[covered - 1].timeMs) < oldest) covered--
    return covered
  }
}
