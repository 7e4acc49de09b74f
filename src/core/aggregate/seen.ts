import type { EventView } from '../event-envelope.ts'
import { IdSet } from '../id-set.ts'
import type { ByteReader, ByteWriter } from './bytes.ts'
import { type SeenAggregate, subjectOf } from './definition.ts'
import type { AggregateState, Valued } from './state.ts'

/** Every subject there ever was; it has no window, and a retraction leaves it as it is. */
export class SeenState implements AggregateState {
  readonly #aggregate: SeenAggregate
  readonly #ids = new IdSet()

  constructor(aggregate: SeenAggregate) {
    this.#aggregate = aggregate
  }

  get empty(): boolean {
    return this.#ids.size === 0
  }

  add(event: EventView, sign: 1 | -1): void {
    if (sign === 1) this.#ids.add(subjectOf(this.#aggregate.of, event) as string)
  }

  valueAt(): Valued {
    return { value: this.#ids, status: 'present' }
  }

  prune(): void {}

  nextChangeMs(): number {
    return Number.POSITIVE_INFINITY
  }

  write(out: ByteWriter): void {
    this.#ids.write(out)
  }

  /** Reads back what `write` wrote into a state that is empty. */
  read(input: ByteReader): this {
    this.#ids.read(input)
    return this
  }
}
