import { windowTiling } from '../tiles.ts'
import type { ByteReader } from './bytes.ts'
import type { Aggregate } from './definition.ts'
import { DistinctState } from './distinct.ts'
import { Extreme } from './extreme.ts'
import { LatestKState, LatestState } from './latest.ts'
import type { AggregateState } from './state.ts'
import { ADDING, AVERAGING, COUNTING, decaying, decayTiling, rating } from './summing.ts'
import { Sums } from './sums.ts'

/** A state without events. */
export function newState(aggregate: Aggregate): AggregateState {
  return stateOf(aggregate)
}

/** A state as it was written. Throws `invalid_format`. */
export function readState(
  aggregate: Aggregate,
  input: ByteReader,
  originMs: number,
): AggregateState {
  return stateOf(aggregate).read(input, originMs)
}

function stateOf(aggregate: Aggregate) {
  const tiling = windowTiling(aggregate.windowMs)
  switch (aggregate.kind) {
    case 'count':
      return new Sums(COUNTING, tiling)
    case 'sum':
      return new Sums(ADDING, tiling)
    case 'mean':
      return new Sums(AVERAGING, tiling)
    case 'rate':
      return new Sums(rating(aggregate), tiling)
    case 'decayed':
      return new Sums(decaying(aggregate), decayTiling(aggregate))
    case 'min':
    case 'max':
      return new Extreme(aggregate.kind, tiling)
    case 'last':
      return new LatestState(tiling)
    case 'last_k':
      return new LatestKState(aggregate, tiling)
    case 'distinct':
      return new DistinctState(aggregate, tiling)
  }
}
