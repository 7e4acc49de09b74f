import type { CodesColumn } from './rank-columns.ts'

/**
 * Similarities of a row's codes to those of every other row: |A ∩ B| / |A ∪ B| (Jaccard 1901), 0 where
 * both are empty. Gives a function that raises `into[r]` to the similarity of `row` and r where it is
 * lower, and says whether it raised any.
 */
export function jaccardRaiser(
  column: CodesColumn,
  rows: number,
): (row: number, into: Float64Array) => boolean {
  const local = new Map<number, number>()
  for (const code of column.codes) if (!local.has(code)) local.set(code, local.size)
  const shared = local.size <= 32 ? byMask(column, rows, local) : bySearch(column)
  const { offsets } = column
  return (row, into) => {
    const own = offsets[row + 1] - offsets[row]
    if (own === 0) return false
    const inRow = shared(row)
    let raised = false
    for (let other = 0; other < rows; other++) {
      const both = inRow(other)
      if (both === 0) continue
      const similarity = both / (own + offsets[other + 1] - offsets[other] - both)
      if (similarity > into[other]) {
        into[other] = similarity
        raised = true
      }
    }
    return raised
  }
}

/** Counts the codes that another row has in common with this one. */
type Shared = (row: number) => (other: number) => number

function byMask(column: CodesColumn, rows: number, local: ReadonlyMap<number, number>): Shared {
  const masks = new Int32Array(rows)
  for (let row = 0; row < rows; row++)
    for (let i = column.offsets[row]; i < column.offsets[row + 1]; i++)
      masks[row] |= 1 << (local.get(column.codes[i]) as number)
  return (row) => {
    const mask = masks[row]
    return (other) => bitCount(mask & masks[other])
  }
}

function bySearch({ offsets, codes }: CodesColumn): Shared {
  return (row) => {
    const own = new Set(codes.subarray(offsets[row], offsets[row + 1]))
    return (other) => {
      let both = 0
      for (let i = offsets[other]; i < offsets[other + 1]; i++) if (own.has(codes[i])) both++
      return both
    }
  }
}

/** Set bits of 32 (Hacker's Delight, figure 5-2). */
function bitCount(bits: number): number {
  let n = bits - ((bits >>> 1) & 0x55555555)
  n = (n & 0x33333333) + ((n >>> 2) & 0x33333333)
  return Math.imul((n + (n >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24
}
