import { factorize, solve } from './cholesky.ts'
import type { Design } from './design.ts'

// Above this many dense columns the block costs more than the iterations that it saves.
const blockLimit = 256

/**
 * An approximate inverse of the Hessian X' D X + penalty: exact on the dense columns together with
 * the intercept, diagonal on the sparse columns (and on all of them above 256 dense columns). Takes
 * the diagonal D (one curvature per row) and the penalty per parameter (intercept last); the
 * function it returns writes the approximate solution of H x = r to `out`.
 */
export function newtonPreconditioner(
  design: Design,
  curvatures: Float64Array,
  penalties: Float64Array,
): (r: Float64Array, out: Float64Array) => void {
  const diagonal = diagonalOf(design, curvatures, penalties)
  const last = diagonal.length - 1
  const { denseColumns } = design
  const size = denseColumns + 1
  const block = denseColumns > blockLimit ? null : factorOf(design, curvatures, penalties)
  const x = new Float64Array(size)
  return (r, out) => {
    for (let c = 0; c <= last; c++) out[c] = diagonal[c] > 0 ? r[c] / diagonal[c] : r[c]
    if (block === null) return
    x.set(r.subarray(0, denseColumns))
    x[denseColumns] = r[last]
    solve(block, size, x)
    out.set(x.subarray(0, denseColumns))
    out[last] = x[denseColumns]
  }
}

function diagonalOf(
  design: Design,
  curvatures: Float64Array,
  penalties: Float64Array,
): Float64Array {
  const { rows, denseColumns, dense, sparseColumns, offsets, indices, values } = design
  const diagonal = penalties.slice()
  const interceptAt = denseColumns + sparseColumns
  for (let row = 0; row < rows; row++) {
    const d = curvatures[row]
    diagonal[interceptAt] += d
    const from = row * denseColumns
    for (let c = 0; c < denseColumns; c++) diagonal[c] += d * dense[from + c] * dense[from + c]
    if (sparseColumns === 0) continue
    for (let at = offsets[row]; at < offsets[row + 1]; at++) {
      const value = values === null ? 1 : values[at]
      diagonal[denseColumns + indices[at]] += d * value * value
    }
  }
  return diagonal
}

function factorOf(
  design: Design,
  curvatures: Float64Array,
  penalties: Float64Array,
): Float64Array | null {
  const { rows, denseColumns, dense } = design
  const size = denseColumns + 1
  const block = new Float64Array(size * size)
  const last = denseColumns * size
  for (let row = 0; row < rows; row++) {
    const d = curvatures[row]
    const from = row * denseColumns
    for (let i = 0; i < denseColumns; i++) {
      const scale = d * dense[from + i]
      if (scale === 0) continue
      block[last + i] += scale
      const to = i * size
      for (let j = 0; j <= i; j++) block[to + j] += scale * dense[from + j]
    }
    block[last + denseColumns] += d
  }
  for (let i = 0; i < denseColumns; i++) block[i * size + i] += penalties[i]
  block[last + denseColumns] += penalties[penalties.length - 1]
  return factorize(block, size) ? block : null
}
