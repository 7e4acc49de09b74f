import type { Unit } from './prices.ts'

/** Counts what is billed, by unit and by what it was for. */
export class Meter {
  readonly #counts = new Map<string, number>()

  /** `what` says what for: the key of a store up to its first id, an object's class, a table. */
  add(unit: Unit | 'queueBytes', what: string, count = 1): void {
    const name = `${unit} ${what}`
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + count)
  }

  clear(): void {
    this.#counts.clear()
  }

  /** Counts by `unit what`. */
  counts(): Record<string, number> {
    return Object.fromEntries([...this.#counts].sort(([a], [b]) => (a < b ? -1 : 1)))
  }
}

/** What is counted in this isolate. */
export const meter = new Meter()
