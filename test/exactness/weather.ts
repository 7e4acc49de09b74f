import { chance } from './history.ts'
import type { Fault } from './objects.ts'

/** Whatever may fail, and how. */
export type Trouble = 'none' | 'refused' | 'done_and_refused' | 'crash' | 'done_and_crash'

/** What goes wrong in one schedule; everything from one seed. */
export class Weather {
  readonly #random: () => number
  readonly #rates: { readonly [K in 'object' | 'bucket' | 'queue' | 'store' | 'ack']: number }
  /** The queue takes nothing before the weather clears. */
  readonly queueIsDown: boolean
  readonly #again: number
  #isClear = false

  constructor(random: () => number) {
    this.#random = random
    const { one, is } = chance(random)
    const rate = () => one([0, 0, 0.02, 0.05, 0.2])
    this.#rates = { object: rate(), bucket: rate(), queue: rate(), store: rate(), ack: rate() }
    this.queueIsDown = is(0.06)
    this.#again = one([0.3, 0.6, 1])
  }

  /** Nothing fails any more. */
  clear(): void {
    this.#isClear = true
  }

  /** The chance that what was acked comes again. */
  get again(): number {
    return this.#isClear ? 0 : this.#again
  }

  object(): Fault {
    const { is, one, below } = chance(this.#random)
    if (this.#isClear || !is(this.#rates.object)) return null
    const kind = one(['statement', 'before_commit', 'after_commit', 'unreachable'] as const)
    if (kind === 'unreachable') return { kind }
    return { kind, at: below(kind === 'statement' ? 24 : 2) }
  }

  of(what: 'bucket' | 'queue' | 'store'): Trouble {
    const { is, one } = chance(this.#random)
    if (this.#isClear) return 'none'
    if (what === 'queue' && this.queueIsDown) return 'refused'
    if (!is(this.#rates[what])) return 'none'
    return one(['refused', 'done_and_refused', 'crash', 'done_and_crash'])
  }

  /** At which ack the consumer goes down; beyond all: not at all. */
  ack(messages: number): number {
    const { is, below } = chance(this.#random)
    return !this.#isClear && is(this.#rates.ack) ? below(messages + 1) : Number.POSITIVE_INFINITY
  }
}

/** A process that may go down: then nothing it waits for ever comes, and nobody hears of it again. */
export class Life {
  readonly down: Promise<'down'>
  #isDown = false
  readonly #fall: (word: 'down') => void

  constructor() {
    const { promise, resolve } = Promise.withResolvers<'down'>()
    this.down = promise
    this.#fall = resolve
  }

  end(): void {
    this.#isDown = true
    this.#fall('down')
  }

  /** Something this process asks of another one, which goes on by itself. */
  through = async <T>(work: () => Promise<T>): Promise<T> => {
    if (this.#isDown) return new Promise<never>(() => {})
    try {
      return await work()
    } finally {
      if (this.#isDown) await new Promise<never>(() => {})
    }
  }

  /** A call that may be refused, with or without having been carried out, or end this process. */
  async suffer<T>(trouble: Trouble, work: () => T | Promise<T>): Promise<T> {
    return this.through(async () => {
      if (trouble === 'crash') this.end()
      if (trouble === 'crash' || trouble === 'refused') throw new Error('500')
      const done = await work()
      if (trouble === 'done_and_crash') this.end()
      if (trouble === 'done_and_refused') throw new Error('no answer')
      return done
    })
  }
}
