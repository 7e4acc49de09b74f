/** Category values of every row of one feature: row r holds `codes[offsets[r] .. offsets[r+1])`. */
export interface CategoryColumn {
  readonly offsets: Int32Array
  codes: Int32Array
  /** What the codes mean; shared with the page where the feature reads a column. */
  dictionary: readonly string[]
}

/**
 * The features of one decision: numbers in one Float32Array by feature, then row; categories beside it;
 * a status number for every cell (0 is present, all else means that the fallback stands there).
 */
export interface FeatureMatrix {
  readonly rows: number
  /** Distance between two features in `values` and `status`: at least `rows`. */
  readonly stride: number
  readonly values: Float32Array
  readonly status: Uint8Array
  /** By feature; null for number features. */
  readonly categories: readonly (CategoryColumn | null)[]
}

/** An empty matrix for `rows` candidates; `isCategory` says the kind of each feature in order. */
export function featureMatrix(rows: number, isCategory: readonly boolean[]): FeatureMatrix {
  const stride = Math.max(8, (rows + 7) & ~7)
  return {
    rows,
    stride,
    values: new Float32Array(stride * isCategory.length),
    status: new Uint8Array(stride * isCategory.length),
    categories: isCategory.map((category) =>
      category
        ? { offsets: new Int32Array(rows + 1), codes: new Int32Array(rows), dictionary: [] }
        : null,
    ),
  }
}

/** The category values of one cell, as text. */
export function categoriesAt(column: CategoryColumn, row: number): string[] {
  const values: string[] = []
  for (let i = column.offsets[row]; i < column.offsets[row + 1]; i++)
    values.push(column.dictionary[column.codes[i]])
  return values
}
