import { DROPS_KEPT, type Drop, type Pool } from './pool.ts'
import type { Reading } from './reading.ts'
import type { GivenCandidate } from './request.ts'
import type { SlotTest } from './request-filter.ts'
import type { DrawnIds, Filter } from './stage.ts'
import type { Ranking, Table } from './table.ts'

const UNKNOWN = 0
const ELIGIBLE = 1
const DROPPED = 2

/** A filter with its reads bound to this decision. */
export interface BoundFilter {
  readonly filter: Filter
  readonly reading: Reading
}

/**
 * Which records may enter the pool: the request's `exclude` and `filter`, then the chain's filters in
 * order. Each slot is judged at most once a decision; drops are counted by reason and the first ones kept.
 */
export class Eligibility {
  readonly drops: Drop[] = []
  /** Judged candidates by filter: how many came in, how many it dropped, how many it could not judge. */
  readonly counts: { in: number; dropped: number; failed: number }[]
  readonly #table: Table
  readonly #excluded: ReadonlySet<string>
  readonly #requested: SlotTest | null
  readonly #filters: readonly BoundFilter[]
  readonly #verdicts: Uint8Array

  constructor(
    table: Table,
    excluded: ReadonlySet<string>,
    requested: SlotTest | null,
    filters: readonly BoundFilter[],
  ) {
    this.#table = table
    this.#excluded = excluded
    this.#requested = requested
    this.#filters = filters
    this.#verdicts = new Uint8Array(table.size)
    this.counts = filters.map(() => ({ in: 0, dropped: 0, failed: 0 }))
    for (const id of excluded) {
      const slot = table.slotOf(id)
      if (slot >= 0) this.#verdicts[slot] = DROPPED
    }
  }

  /** Judges a slot; one that holds no record is never eligible. */
  slot(slot: number): boolean {
    const verdict = this.#verdicts[slot]
    if (verdict !== UNKNOWN) return verdict === ELIGIBLE
    const id = this.#table.ids[slot]
    const eligible = id !== '' && this.#judge(slot, id, false)
    this.#verdicts[slot] = eligible ? ELIGIBLE : DROPPED
    return eligible
  }

  /** Judges a candidate by id and says in `drops` why it goes, the request's own reasons included. */
  id(id: string, slot: number = this.#table.slotOf(id)): boolean {
    if (this.#excluded.has(id)) {
      this.#drop(id, 'request', 'excluded')
      return false
    }
    if (slot < 0) return this.#judge(-1, id, true)
    if (this.#verdicts[slot] !== UNKNOWN) return this.#verdicts[slot] === ELIGIBLE
    const eligible = this.#judge(slot, id, true)
    this.#verdicts[slot] = eligible ? ELIGIBLE : DROPPED
    return eligible
  }

  #judge(slot: number, id: string, named: boolean): boolean {
    if (this.#requested !== null && !this.#requested(slot)) {
      if (named) this.#drop(id, 'request', 'filter')
      return false
    }
    for (let i = 0; i < this.#filters.length; i++) {
      const { filter } = this.#filters[i]
      this.counts[i].in++
      const verdict = this.#ask(i, slot, id)
      if (verdict === 'kept' || (verdict !== 'not_kept' && filter.onMissing === 'keep')) continue
      this.counts[i].dropped++
      this.#drop(id, filter.name, verdict)
      return false
    }
    return true
  }

  /** A filter that throws has not judged: its `onMissing` decides, as for a record that is not there. */
  #ask(index: number, slot: number, id: string): 'kept' | 'not_kept' | 'missing' | 'failed' {
    const { filter, reading } = this.#filters[index]
    try {
      if (reading.load(slot, id, -1) !== 0) return 'missing'
      return filter.keep(reading.values as never) ? 'kept' : 'not_kept'
    } catch {
      this.counts[index].failed++
      return 'failed'
    }
  }

  #drop(id: string, stage: string, reason: string): void {
    if (this.drops.length < DROPS_KEPT) this.drops.push({ id, stage, reason })
  }
}

/**
 * Draws at most `limit` eligible candidates of a source's answer into the pool; how many it looked at and
 * took. Throws a `TypeError` for an answer that is none.
 */
export function drawInto(
  pool: Pool,
  eligibility: Eligibility,
  answer: Ranking | DrawnIds,
  source: number,
  limit: number,
  given: ReadonlyMap<string, GivenCandidate>,
): { considered: number; drawn: number } {
  if ('ids' in answer) return drawIds(pool, eligibility, answer, source, limit, given)
  if (!ArrayBuffer.isView(answer.slots) || answer.scores.length !== answer.slots.length)
    throw new TypeError('a ranking has slots, and as many scores')
  const { slots, scores } = answer.sorted ? answer : best(answer, limit, eligibility)
  let considered = 0
  let drawn = 0
  for (let i = 0; i < slots.length && drawn < limit; i++) {
    considered++
    if (!eligibility.slot(slots[i])) continue
    if (!pool.addSlot(slots[i], source, scores[i])) break
    drawn++
  }
  return { considered: answer.sorted ? considered : answer.slots.length, drawn }
}

function drawIds(
  pool: Pool,
  eligibility: Eligibility,
  { ids, scores }: DrawnIds,
  source: number,
  limit: number,
  given: ReadonlyMap<string, GivenCandidate>,
): { considered: number; drawn: number } {
  if (!Array.isArray(ids)) throw new TypeError('ids are a list')
  const judged = new Set<string>()
  let drawn = 0
  for (let i = 0; i < ids.length && drawn < limit; i++) {
    const id = ids[i]
    if (typeof id !== 'string' || judged.has(id)) continue
    judged.add(id)
    const slot = pool.table.slotOf(id)
    if (!eligibility.id(id, slot)) continue
    if (!pool.addId(id, source, scores?.[i] ?? 0, given.get(id) ?? null, slot)) break
    drawn++
  }
  return { considered: ids.length, drawn }
}

/**
 * The `limit` best eligible slots by score (one that is no number counts as 0), ties by slot, sorted. A
 * binary heap of the worst on top; eligibility is only asked of what would enter.
 */
export function best(
  ranking: Ranking,
  limit: number,
  eligibility: { slot(slot: number): boolean },
) {
  const { slots, scores } = ranking
  const heap = new Int32Array(Math.min(limit, slots.length))
  let size = 0
  const worse = (a: number, b: number): boolean => {
    const left = scores[a] || 0
    const right = scores[b] || 0
    return left < right || (left === right && slots[a] > slots[b])
  }
  const sink = (start: number): void => {
    let at = start
    for (;;) {
      let child = 2 * at + 1
      if (child >= size) return
      if (child + 1 < size && worse(heap[child + 1], heap[child])) child++
      if (!worse(heap[child], heap[at])) return
      const swap = heap[at]
      heap[at] = heap[child]
      heap[child] = swap
      at = child
    }
  }
  for (let i = 0; i < slots.length; i++) {
    if (size === heap.length && (size === 0 || !worse(heap[0], i))) continue
    if (!eligibility.slot(slots[i])) continue
    if (size < heap.length) {
      let at = size++
      heap[at] = i
      while (at > 0 && worse(heap[at], heap[(at - 1) >> 1])) {
        const up = (at - 1) >> 1
        const swap = heap[at]
        heap[at] = heap[up]
        heap[up] = swap
        at = up
      }
    } else {
      heap[0] = i
      sink(0)
    }
  }
  const order = heap.subarray(0, size).sort((a, b) => (worse(a, b) ? 1 : -1))
  return {
    slots: Int32Array.from(order, (i) => slots[i]),
    scores: Float64Array.from(order, (i) => scores[i] || 0),
  }
}
