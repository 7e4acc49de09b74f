/** A quantity that is off: what was expected and what came out (null = undefined). */
export interface Mismatch {
  readonly path: string
  readonly expected: unknown
  readonly actual: unknown
}

/** How far two numbers may be apart; both parts are upper bounds of which one must hold. */
export interface Tolerance {
  readonly absolute?: number
  readonly relative?: number
}

const fixtureTolerance: Tolerance = { absolute: 1e-8, relative: 1e-8 }

/** Collects the comparisons of one file. */
export class Comparison {
  cases = 0
  /** Largest |actual - expected| / max(1, |expected|) of all numbers. */
  maxError = 0
  readonly mismatches: Mismatch[] = []
  /** Parts of the file that are not computed, with the reason. */
  readonly notComputed: { path: string; reason: string }[] = []

  /**
   * Compares numbers, null, arrays and objects of those. Objects are compared by the keys of
   * `expected`; undefined expects
   * nothing; the lengths of arrays must agree. Default tolerance: 1e-8 max(1, |expected|).
   */
  compare(path: string, expected: unknown, actual: unknown, tolerance = fixtureTolerance): void {
    if (Array.isArray(expected)) {
      const other = isList(actual) ? actual : null
      if (other === null || other.length !== expected.length) {
        this.differ(path, expected, actual)
        return
      }
      expected.forEach((value, at) => {
        this.compare(`${path}[${at}]`, value, other[at], tolerance)
      })
    } else if (typeof expected === 'object' && expected !== null) {
      const other = typeof actual === 'object' && actual !== null ? { ...actual } : {}
      const byKey = new Map<string, unknown>(Object.entries(other))
      for (const [key, value] of Object.entries(expected)) {
        if (value === undefined) continue
        this.compare(`${path}.${key}`, value, byKey.get(key), tolerance)
      }
    } else if (typeof expected === 'number' && typeof actual === 'number') {
      this.compareNumbers(path, expected, actual, tolerance)
    } else if (expected !== actual) {
      this.differ(path, expected, actual)
    }
  }

  private compareNumbers(path: string, expected: number, actual: number, tolerance: Tolerance) {
    const error = Math.abs(actual - expected)
    this.maxError = Math.max(this.maxError, error / Math.max(1, Math.abs(expected)))
    const close =
      error <= (tolerance.absolute ?? 0) || error <= (tolerance.relative ?? 0) * Math.abs(expected)
    if (!close) this.differ(path, expected, actual)
  }

  private differ(path: string, expected: unknown, actual: unknown): void {
    this.mismatches.push({ path, expected, actual: isList(actual) ? Array.from(actual) : actual })
  }
}

function isList(value: unknown): value is ArrayLike<unknown> {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView))
}
