/**
 * The shortest decimal that rounds to a float32, as a float64: 3.7 for `Math.fround(3.7)`. Of equally
 * short ones, the nearest. Whole numbers up to 2^24, NaN and infinities are returned as they are.
 */
export function decimalOf(float32: number): number {
  const size = Math.abs(float32)
  if (Number.isInteger(float32) && size <= 2 ** 24) return float32
  // At most 6 digits: unique, and the quotient of two exact numbers, so correctly rounded. 20 times faster.
  if (size >= 1e-3)
    for (let scale = 10; size * scale < 999_999; scale *= 10) {
      const decimal = Math.round(float32 * scale) / scale
      if (Math.fround(decimal) === float32) return decimal
    }
  for (let digits = 1; digits <= 9; digits++) {
    const decimal = Number(float32.toPrecision(digits))
    if (Math.fround(decimal) === float32) return decimal
  }
  return float32
}

/**
 * Whether `value` comes back exactly from a float32 by {@link decimalOf}. Numbers beyond 2^24 must be the
 * float32 itself too: a time in ms that is a minute off is not the same number to who reads the raw column.
 */
export function survivesFloat32(value: number): boolean {
  const float32 = Math.fround(value)
  if (Math.abs(value) > 2 ** 24 && float32 !== value) return false
  return Object.is(decimalOf(float32), value)
}
