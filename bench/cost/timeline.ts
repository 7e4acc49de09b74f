/** Time that passes only when the simulation says so. */
export interface Timeline {
  readonly nowMs: number
  /** Does something at a time; of one time, in the order of the calls. Answers a way to take it back. */
  at(timeMs: number, work: () => Promise<unknown>): () => void
  /** Does all that is due until a time, one after the other, and moves there. */
  runUntil(timeMs: number): Promise<void>
}

interface Due {
  readonly atMs: number
  readonly order: number
  readonly work: () => Promise<unknown>
}

/** A timeline from `startMs`; `Date.now` of this isolate tells its time from now on. */
export function timeline(startMs: number): Timeline {
  let nowMs = startMs
  let orders = 0
  const due = new Set<Due>()
  Date.now = () => nowMs

  function next(untilMs: number): Due | null {
    let first: Due | null = null
    for (const one of due) {
      if (one.atMs > untilMs) continue
      if (!first || one.atMs < first.atMs || (one.atMs === first.atMs && one.order < first.order))
        first = one
    }
    return first
  }

  return {
    get nowMs() {
      return nowMs
    },
    at(timeMs, work) {
      const one = { atMs: Math.max(timeMs, nowMs), order: orders++, work }
      due.add(one)
      return () => void due.delete(one)
    },
    async runUntil(timeMs) {
      for (let one = next(timeMs); one; one = next(timeMs)) {
        due.delete(one)
        nowMs = Math.max(nowMs, one.atMs)
        await one.work()
      }
      nowMs = timeMs
    },
  }
}
