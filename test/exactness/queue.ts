import { chance } from './history.ts'

/** A message on its way. */
export interface Waiting {
  readonly id: string
  readonly body: unknown
  readonly attempts: number
  readonly dueMs: number
  /** It was acked before, and comes again all the same. */
  readonly again: boolean
}

/** What became of a delivered message; `left`: the consumer went down before it said. */
export type Verdict = 'acked' | 'retried' | 'left'

const MAX_RETRIES = 10
const MAX_COPIES = 6

/** A queue that delivers at least once, in any order, and gives up after some retries. */
export class SimulatedQueue {
  waiting: Waiting[] = []
  dead: Waiting[] = []
  deliveries = 0
  readonly #random: () => number
  /** The chance that a message which was acked comes again. */
  readonly #again: () => number
  #ids = 0

  constructor(random: () => number, again: () => number) {
    this.#random = random
    this.#again = again
  }

  push(body: unknown, nowMs: number): void {
    this.waiting.push({ id: `m${this.#ids++}`, body, attempts: 0, dueMs: nowMs, again: false })
  }

  /** Some of the messages that are due, in any order. */
  batch(nowMs: number, most: number, from: 'waiting' | 'dead' = 'waiting'): Waiting[] {
    const due: Waiting[] = []
    const later: Waiting[] = []
    for (const message of this[from]) (message.dueMs <= nowMs ? due : later).push(message)
    const { below } = chance(this.#random)
    const batch: Waiting[] = []
    while (batch.length < most && due.length > 0) {
      const at = below(due.length)
      batch.push({ ...due[at], attempts: due[at].attempts + 1 })
      due[at] = due[due.length - 1]
      due.pop()
    }
    this[from] = [...later, ...due]
    this.deliveries += batch.length
    return batch
  }

  settle(
    batch: readonly Waiting[],
    verdicts: readonly Verdict[],
    nowMs: number,
    from: 'waiting' | 'dead' = 'waiting',
  ): void {
    const { is, below } = chance(this.#random)
    batch.forEach((message, at) => {
      if (verdicts[at] === 'acked') {
        if (from === 'dead' || message.again || !is(this.#again())) return
        for (let copies = 1 + below(MAX_COPIES); copies > 0; copies--) {
          const dueMs = nowMs + (is(0.5) ? 0 : 60_000)
          this.waiting.push({ ...message, attempts: 0, dueMs, again: true })
        }
        return
      }
      const again = { ...message, dueMs: nowMs + 1_000 * 2 ** Math.min(message.attempts, 5) }
      if (from === 'waiting' && message.attempts > MAX_RETRIES)
        this.dead.push({ ...again, attempts: 0 })
      else this[from].push(again)
    })
  }
}
