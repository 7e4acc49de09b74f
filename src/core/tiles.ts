import { DAY_MS, HOUR_MS, MINUTE_MS } from './duration.ts'
import { EdgewheelError } from './errors.ts'

/**
 * How a window is cut. A tile is `hopMs` of wall-clock time, UTC, named by its number since the epoch. The
 * value at t covers the tiles after `floor((t − window) / hop)`: as many as fit the window, of which the
 * last has begun and is still filling. So the left edge moves in hops and the right one is now (a sawtooth,
 * as in Chronon): a window of 7d by 1h covers the last 167 to 168 hours, and nothing older than 7d.
 */
export interface Tiling {
  readonly hopMs: number
  /** The tile that a time falls into. */
  tileOf(timeMs: number): number
  /** The oldest tile that a value at `nowMs` covers. */
  firstTile(nowMs: number): number
  /** The first time at which a tile is no longer covered. */
  leavesAtMs(tile: number): number
}

const MAX_WINDOW_MS = 400 * DAY_MS

/** Tiles of 5 min for windows up to 12 h, of 1 h up to 12 d, of 1 d beyond. */
export function hopMsOf(windowMs: number): number {
  if (windowMs <= 12 * HOUR_MS) return 5 * MINUTE_MS
  return windowMs <= 12 * DAY_MS ? HOUR_MS : DAY_MS
}

/** Tiles of a given width, of which the last `tiles` count. */
export function tiling(hopMs: number, tiles: number): Tiling {
  return {
    hopMs,
    tileOf: (timeMs) => Math.floor(timeMs / hopMs),
    firstTile: (nowMs) => Math.floor(nowMs / hopMs) - tiles + 1,
    leavesAtMs: (tile) => (tile + tiles) * hopMs,
  }
}

/** One tile for all time: what has no window. */
export const ALL_TIME: Tiling = {
  hopMs: Number.POSITIVE_INFINITY,
  tileOf: () => 0,
  firstTile: () => 0,
  leavesAtMs: () => Number.POSITIVE_INFINITY,
}

/** The tiles of a window in ms; all time where it is null. */
export function windowTiling(windowMs: number | null): Tiling {
  if (windowMs === null) return ALL_TIME
  const hopMs = hopMsOf(windowMs)
  return tiling(hopMs, windowMs / hopMs)
}

/** Throws `invalid_definition` unless the window is a whole number of its tiles and at most 400 d. */
export function checkWindow(windowMs: number, path: string): void {
  const hopMs = hopMsOf(windowMs)
  if (windowMs >= hopMs && windowMs % hopMs === 0 && windowMs <= MAX_WINDOW_MS) return
  throw new EdgewheelError(
    'invalid_definition',
    `${path}: a window is a multiple of 5m up to 12h, of 1h up to 12d, of 1d up to 400d`,
  )
}
