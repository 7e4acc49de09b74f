import { windowTiling } from '../tiles.ts'
import type { ByteReader } from './bytes.ts'
import type { Aggregate } from './definition.ts'
import { DistinctState } from './distinct.ts'
import { Extreme } from './extreme.ts'
import { LatestKState, LatestState } from './latest.ts'
import { SeenState } from './seen.ts'
import type { AggregateState } from './state.ts'
import { ADDING, AVERAGING, COUNTING, decaying, decayTiling, rating } from './summing.ts'
import { Sums } from './sums.ts'

/** A state without events, and one step from it to any: it reads back what its kind wrote. */
export interface FreshState extends AggregateState {
  /** Throws `invalid_format`. */
  read(input: ByteReader, originMs: number): AggregateState
}

/** How states of an aggregate are made; what does not differ between records is made once. */
export function stateMaker(aggregate: Aggregate): () => FreshState {
  const tiling = windowTiling(aggregate.windowMs)
  switch (aggregate.kind) {
    case 'count':
      return () => new Sums(COUNTING, tiling)
    case 'sum':
      return () => new Sums(ADDING, tiling)
    case 'mean':
      return () => new Sums(AVERAGING, tiling)
    case 'rate': {
      const summing = rating(aggregate)
      return () => new Sums(summing, tiling)
    }
    case 'decayed': {
      const summing = decaying(aggregate)
      const blocks = decayTiling(aggregate)
      return () => new Sums(summing, blocks)
    }
    case 'min':
    case 'max': {
      const { kind } = aggregate
      return () => new Extreme(kind, tiling)
    }
    case 'last':
      return () => new LatestState(tiling)
    case 'last_k':
      return () => new LatestKState(aggregate, tiling)
    case 'distinct':
      return () => new DistinctState(aggregate, tiling)
    case 'seen':
      return () => new SeenState(aggregate)
  }
}
