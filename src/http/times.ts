/** The last time that a Date can hold, epoch ms. */
const MAX_MS = 8.64e15

const RFC_3339 =
  /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])[Tt]([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d{1,9})?([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)$/

/** What is said of a value that is no time. */
export const TIME_EXPECTED = 'expected epoch ms, or RFC 3339 with a zone'

/** A time in the words of JSON Schema. */
export const TIME_JSON_SCHEMA = {
  anyOf: [
    { type: 'number', minimum: 0, maximum: MAX_MS, description: 'epoch ms' },
    { type: 'string', format: 'date-time', description: 'RFC 3339 with a zone' },
  ],
} as const

/** Epoch ms of a time as clients write it, or null: a number of ms, or RFC 3339 with a zone. */
export function timeMs(value: unknown): number | null {
  if (typeof value === 'number') return value >= 0 && value <= MAX_MS ? Math.floor(value) : null
  if (typeof value !== 'string' || value.length > 40 || !RFC_3339.test(value)) return null
  // A leap second counts as the second before it, as in POSIX time.
  const ms = Date.parse(value.toUpperCase().replace(/:60(?=[.Z+-])/, ':59'))
  return Number.isFinite(ms) && ms >= 0 ? Math.floor(ms) : null
}
