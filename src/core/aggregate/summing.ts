import { MINUTE_MS } from '../duration.ts'
import { type Tiling, tiling } from '../tiles.ts'
import { type DecayedAggregate, matches, type RateAggregate } from './definition.ts'
import { addMicros, microsOf, valueOfSum } from './micros.ts'
import { MISSING_VALUE, type Valued } from './state.ts'
import type { Summing } from './sums.ts'

function total(lanes: readonly number[], from: number, lane: number, width: number): number {
  let sum = 0
  for (let at = from * width + lane; at < lanes.length; at += width) sum += lanes[at]
  return sum
}

/** An event that is taken back in another tile than it came in leaves one below 0 for a while. */
function events(lanes: readonly number[], from: number, lane: number, width: number): number {
  return Math.max(0, total(lanes, from, lane, width))
}

function present(value: number): Valued {
  return { value, status: 'present' }
}

/** One lane: the number of events. */
export const COUNTING: Summing = {
  width: 1,
  add(lanes, at, _event, sign) {
    lanes[at] += sign
  },
  value: (_tiles, lanes, from) => present(events(lanes, from, 0, 1)),
}

/** Two lanes: the sum of the values, as `addMicros` keeps it. */
export const ADDING: Summing = {
  width: 2,
  add(lanes, at, event, sign) {
    addMicros(lanes, at, sign * (microsOf(event.value) as number))
  },
  value: (_tiles, lanes, from) =>
    present(valueOfSum(total(lanes, from, 0, 2), total(lanes, from, 1, 2))),
}

/** Three lanes: the number of events, and the sum of their values. */
export const AVERAGING: Summing = {
  width: 3,
  add(lanes, at, event, sign) {
    lanes[at] += sign
    addMicros(lanes, at + 1, sign * (microsOf(event.value) as number))
  },
  value(_tiles, lanes, from) {
    const count = events(lanes, from, 0, 3)
    if (count === 0) return MISSING_VALUE
    return present(valueOfSum(total(lanes, from, 1, 3), total(lanes, from, 2, 3)) / count)
  },
}

/** Two lanes: the events, and those they are counted per. */
export function rating({ events: selectors, per, prior }: RateAggregate): Summing {
  return {
    width: 2,
    add(lanes, at, event, sign) {
      if (matches(selectors, event)) lanes[at] += sign
      if (matches(per, event)) lanes[at + 1] += sign
    },
    value(_tiles, lanes, from) {
      const over = events(lanes, from, 0, 2)
      const under = events(lanes, from, 1, 2)
      const value = (prior[0] + over) / (prior[1] + under)
      return { value, status: over + under === 0 ? 'defaulted' : 'present' }
    },
  }
}

/** A block weighs less than 2^-31 when it is forgotten. */
const BLOCKS = 32
const SCALE = 2 ** 20
/** How often a decayed value is worth telling again: it has lost 4 % then. */
const TELLINGS_PER_HALF_LIFE = 16

/** Tiles of one half-life each. */
export function decayTiling({ halfLifeMs }: DecayedAggregate): Tiling {
  return tiling(halfLifeMs, BLOCKS)
}

/**
 * One lane: Σ round(2^20 · 2^((t − start of the block) / half-life)), a whole number, so that the order of
 * arrival does not matter; the value is Σ lane · 2^((start − now) / half-life) / 2^20.
 */
export function decaying({ halfLifeMs }: DecayedAggregate): Summing {
  return {
    width: 1,
    everyMs: Math.max(5 * MINUTE_MS, Math.floor(halfLifeMs / TELLINGS_PER_HALF_LIFE)),
    add(lanes, at, { timeMs }, sign) {
      const sinceStart = timeMs / halfLifeMs - Math.floor(timeMs / halfLifeMs)
      lanes[at] += sign * Math.round(SCALE * 2 ** sinceStart)
    },
    value(tiles, lanes, from, nowMs) {
      let sum = 0
      for (let place = from; place < tiles.length; place++)
        sum += lanes[place] * 2 ** (tiles[place] - nowMs / halfLifeMs)
      return present(Math.max(0, sum) / SCALE)
    },
  }
}
