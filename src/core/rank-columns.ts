import type { Pool } from './pool.ts'
import type { RankColumn } from './rank.ts'
import type { Reads, ValuesOf } from './read.ts'
import { bindReads, type Scope } from './reading.ts'
import { statusAt } from './table.ts'

/** A column of codes: row r holds `codes[offsets[r] .. offsets[r+1])`, each at most once. */
export type CodesColumn = Extract<RankColumn, { kind: 'codes' }>

/** The values of a string or list-of-strings field of each row's record; none where it is missing. */
export function rankCodes(pool: Pool, field: string): CodesColumn {
  const column = pool.table.column(field)
  const offsets = new Int32Array(pool.size + 1)
  const codes: number[] = []
  const usable = column?.kind === 'string' || column?.kind === 'strings' ? column : null
  for (let row = 0; row < pool.size; row++) {
    const slot = pool.slots[row]
    const status = statusAt(usable, slot)
    if (usable !== null && (status === 0 || status === 4)) {
      if (usable.kind === 'string') codes.push(usable.codes[slot])
      else
        for (let i = usable.offsets[slot]; i < usable.offsets[slot + 1]; i++)
          if (!codes.includes(usable.codes[i], offsets[row])) codes.push(usable.codes[i])
    }
    offsets[row + 1] = codes.length
  }
  return {
    kind: 'codes',
    offsets,
    codes: Int32Array.from(codes),
    dictionary: usable?.dictionary ?? [],
  }
}

/**
 * One number a row, from what is read of it; 0 where a needed field is missing, or where `compute` throws
 * or gives no number.
 */
export function rankNumbers<const R extends Reads>(
  pool: Pool,
  scope: Scope,
  reads: R,
  compute: (values: ValuesOf<R>) => number,
): RankColumn {
  const reading = bindReads(reads, scope, pool)
  const values = new Float64Array(pool.size)
  for (let row = 0; row < pool.size; row++) {
    if (reading.load(pool.slots[row], pool.idOf(row), row) !== 0) continue
    try {
      const value = compute(reading.values as ValuesOf<R>)
      if (Number.isFinite(value)) values[row] = value
    } catch {
      // One candidate's bad record must not take the page down with it.
    }
  }
  return { kind: 'numbers', values }
}
