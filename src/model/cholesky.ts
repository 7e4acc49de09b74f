/**
 * Replaces the lower triangle of a symmetric positive definite matrix (row-major, n × n) by its
 * Cholesky factor L with A = L L'; the upper triangle is left alone. Returns false, with the matrix
 * half done, where a pivot is not positive. (Golub and Van Loan, "Matrix Computations", 4.2.)
 */
export function factorize(matrix: Float64Array, n: number): boolean {
  for (let i = 0; i < n; i++) {
    const row = i * n
    for (let j = 0; j <= i; j++) {
      const other = j * n
      let sum = matrix[row + j]
      for (let k = 0; k < j; k++) sum -= matrix[row + k] * matrix[other + k]
      if (j < i) {
        matrix[row + j] = sum / matrix[other + j]
      } else {
        if (!(sum > 0)) return false
        matrix[row + i] = Math.sqrt(sum)
      }
    }
  }
  return true
}

/** Solves L L' x = b in place for a factor made by `factorize`. */
export function solve(factor: Float64Array, n: number, b: Float64Array): void {
  for (let i = 0; i < n; i++) {
    let sum = b[i]
    for (let k = 0; k < i; k++) sum -= factor[i * n + k] * b[k]
    b[i] = sum / factor[i * n + i]
  }
  for (let i = n - 1; i >= 0; i--) {
    const x = b[i] / factor[i * n + i]
    b[i] = x
    for (let k = 0; k < i; k++) b[k] -= factor[i * n + k] * x
  }
}

/**
 * The inverse of a symmetric positive definite matrix (row-major, n × n), as a new full matrix; null
 * where the matrix is not positive definite. Only its lower triangle is read. n^3 operations.
 */
export function inverse(matrix: Float64Array, n: number): Float64Array | null {
  const factor = matrix.slice()
  if (!factorize(factor, n)) return null
  // Row i of the inverse of L, kept as a row so that every inner loop runs along memory.
  const lower = new Float64Array(n * n)
  for (let i = 0; i < n; i++) {
    const row = lower.subarray(i * n, i * n + i + 1)
    for (let k = 0; k < i; k++) {
      const scale = factor[i * n + k]
      const from = k * n
      for (let j = 0; j <= k; j++) row[j] -= scale * lower[from + j]
    }
    const pivot = 1 / factor[i * n + i]
    for (let j = 0; j < i; j++) row[j] *= pivot
    row[i] = pivot
  }
  const result = new Float64Array(n * n)
  for (let k = 0; k < n; k++) {
    const from = k * n
    for (let i = 0; i <= k; i++) {
      const scale = lower[from + i]
      const to = i * n
      for (let j = 0; j <= i; j++) result[to + j] += scale * lower[from + j]
    }
  }
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) result[j * n + i] = result[i * n + j]
  }
  return result
}
