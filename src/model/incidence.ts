/**
 * A binary matrix in compressed sparse rows: row r holds the columns
 * `indices[offsets[r] .. offsets[r + 1])`, ascending and without repetition.
 */
export interface Incidence {
  readonly rows: number
  readonly columns: number
  /** Length rows + 1. */
  readonly offsets: Int32Array
  readonly indices: Int32Array
}

/**
 * Builds the matrix that has a 1 wherever some (rowOf[n], columnOf[n]) points; repeated pairs count
 * once. Only the first `length` pairs are read.
 */
export function incidence(
  rows: number,
  columns: number,
  rowOf: ArrayLike<number>,
  columnOf: ArrayLike<number>,
  length = rowOf.length,
): Incidence {
  return transpose(bucket(columns, rows, columnOf, rowOf, length))
}

/** The same matrix with rows and columns exchanged. */
export function transpose(matrix: Incidence): Incidence {
  const { rows, columns, offsets, indices } = matrix
  const target = new Int32Array(columns + 1)
  const filled = new Int32Array(indices.length)
  const lastRow = new Int32Array(columns).fill(-1)
  for (let row = 0; row < rows; row++) {
    for (let at = offsets[row]; at < offsets[row + 1]; at++) {
      const column = indices[at]
      if (lastRow[column] !== row) target[column + 1]++
      lastRow[column] = row
    }
  }
  for (let column = 0; column < columns; column++) target[column + 1] += target[column]
  const next = target.slice(0, columns)
  lastRow.fill(-1)
  for (let row = 0; row < rows; row++) {
    for (let at = offsets[row]; at < offsets[row + 1]; at++) {
      const column = indices[at]
      if (lastRow[column] !== row) filled[next[column]++] = row
      lastRow[column] = row
    }
  }
  const indicesOut = filled.subarray(0, target[columns])
  return { rows: columns, columns: rows, offsets: target, indices: indicesOut }
}

/** The columns of one row, as a view. */
export function rowOf(matrix: Incidence, row: number): Int32Array {
  return matrix.indices.subarray(matrix.offsets[row], matrix.offsets[row + 1])
}

// Rows keep the order of the input and may repeat a column: transposing puts both right.
function bucket(
  rows: number,
  columns: number,
  row: ArrayLike<number>,
  column: ArrayLike<number>,
  length: number,
): Incidence {
  const offsets = new Int32Array(rows + 1)
  for (let n = 0; n < length; n++) offsets[row[n] + 1]++
  for (let r = 0; r < rows; r++) offsets[r + 1] += offsets[r]
  const next = offsets.slice(0, rows)
  const indices = new Int32Array(length)
  for (let n = 0; n < length; n++) indices[next[row[n]]++] = column[n]
  return { rows, columns, offsets, indices }
}
