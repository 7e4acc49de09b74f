/**
 * A design matrix: dense columns first, then sparse ones. Column c < denseColumns of row r is
 * `dense[r * denseColumns + c]`; sparse column s is coefficient denseColumns + s and has the values
 * at `offsets[r] .. offsets[r + 1])` of `indices` and `values`. Repeated indices of a row add up.
 */
export interface Design {
  readonly rows: number
  readonly denseColumns: number
  readonly dense: Float32Array | Float64Array
  readonly sparseColumns: number
  /** Length rows + 1; may be empty where sparseColumns is 0. */
  readonly offsets: Int32Array
  readonly indices: Int32Array
  /** Null: every stored value is 1. */
  readonly values: Float32Array | Float64Array | null
}

/** A design of dense columns only; `dense` is row-major. */
export function denseDesign(rows: number, dense: Float32Array | Float64Array): Design {
  return {
    rows,
    denseColumns: rows === 0 ? 0 : dense.length / rows,
    dense,
    sparseColumns: 0,
    offsets: new Int32Array(0),
    indices: new Int32Array(0),
    values: null,
  }
}

/** Number of coefficients of a design, the intercept not counted. */
export function columnsOf(design: Design): number {
  return design.denseColumns + design.sparseColumns
}

/**
 * out = X coefficients + intercept. `parameters` holds the coefficients and, last, the intercept.
 */
export function margins(design: Design, parameters: Float64Array, out: Float64Array): void {
  const { rows, denseColumns, dense, sparseColumns, offsets, indices, values } = design
  const intercept = parameters[denseColumns + sparseColumns]
  for (let row = 0; row < rows; row++) {
    let sum = intercept
    const from = row * denseColumns
    for (let c = 0; c < denseColumns; c++) sum += dense[from + c] * parameters[c]
    if (sparseColumns > 0) {
      for (let at = offsets[row]; at < offsets[row + 1]; at++) {
        const weight = parameters[denseColumns + indices[at]]
        sum += values === null ? weight : values[at] * weight
      }
    }
    out[row] = sum
  }
}

/** out = X' residuals, and, last, their sum: the column of the intercept is all ones. */
export function transposedTimes(design: Design, residuals: Float64Array, out: Float64Array): void {
  const { rows, denseColumns, dense, sparseColumns, offsets, indices, values } = design
  const interceptAt = denseColumns + sparseColumns
  out.fill(0)
  for (let row = 0; row < rows; row++) {
    const r = residuals[row]
    out[interceptAt] += r
    const from = row * denseColumns
    for (let c = 0; c < denseColumns; c++) out[c] += dense[from + c] * r
    if (sparseColumns > 0) {
      for (let at = offsets[row]; at < offsets[row + 1]; at++) {
        out[denseColumns + indices[at]] += values === null ? r : values[at] * r
      }
    }
  }
}
