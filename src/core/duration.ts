import { EdgewheelError } from './errors.ts'

/** A length of time as definitions write it: a whole number and a unit, such as `90s`, `5m`, `6h`, `7d`. */
export type Duration = `${number}${'s' | 'm' | 'h' | 'd'}`

export const MINUTE_MS = 60_000
export const HOUR_MS = 3_600_000
export const DAY_MS = 86_400_000

const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: MINUTE_MS, h: HOUR_MS, d: DAY_MS }

/**
 * Milliseconds of a duration; `0s` is one. Throws `invalid_definition`, naming `path`, for any other text
 * and beyond 3,660 days.
 */
export function durationMs(duration: string, path: string): number {
  const parts = /^(\d{1,9})([smhd])$/.exec(duration)
  const ms = parts ? Number(parts[1]) * UNITS[parts[2]] : Number.NaN
  if (!(ms <= 3_660 * DAY_MS))
    throw new EdgewheelError(
      'invalid_definition',
      `${path}: '${duration}' is no duration; write a whole number and s, m, h or d, such as 7d`,
    )
  return ms
}
