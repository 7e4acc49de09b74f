import type { CodesColumn } from './rank-columns.ts'

/** Raises `into[r]` to the similarity of `row` and r where that is higher; true where it raised any. */
export type Raise = (row: number, into: Float64Array) => boolean

/**
 * Similarities of a row's codes to those of every row: |A ∩ B| / |A ∪ B| (Jaccard 1901), 0 where both are
 * empty.
 */
export function jaccardRaiser(column: CodesColumn, rows: number): Raise {
  const local = new Map<number, number>()
  for (const code of column.codes) if (!local.has(code)) local.set(code, local.size)
  return local.size <= 32 ? byMask(column, rows, local) : bySet(column, rows)
}

function byMask(column: CodesColumn, rows: number, local: ReadonlyMap<number, number>): Raise {
  const { offsets, codes } = column
  const masks = new Int32Array(rows)
  for (let row = 0; row < rows; row++)
    for (let i = offsets[row]; i < offsets[row + 1]; i++)
      masks[row] |= 1 << (local.get(codes[i]) as number)
  return (row, into) => {
    const mask = masks[row]
    let raised = false
    for (let other = 0; other < rows; other++) {
      const both = bitCount(mask & masks[other])
      if (both === 0) continue
      const similarity = both / bitCount(mask | masks[other])
      if (similarity > into[other]) {
        into[other] = similarity
        raised = true
      }
    }
    return raised
  }
}

function bySet({ offsets, codes }: CodesColumn, rows: number): Raise {
  return (row, into) => {
    const own = new Set(codes.subarray(offsets[row], offsets[row + 1]))
    let raised = false
    for (let other = 0; other < rows; other++) {
      let both = 0
      for (let i = offsets[other]; i < offsets[other + 1]; i++) if (own.has(codes[i])) both++
      const similarity = both / (own.size + offsets[other + 1] - offsets[other] - both || 1)
      if (similarity > into[other]) {
        into[other] = similarity
        raised = true
      }
    }
    return raised
  }
}

/** Set bits of 32 (Hacker's Delight, figure 5-2). */
function bitCount(bits: number): number {
  let n = bits - ((bits >>> 1) & 0x55555555)
  n = (n & 0x33333333) + ((n >>> 2) & 0x33333333)
  return Math.imul((n + (n >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24
}
