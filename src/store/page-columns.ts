import type { Column } from '../core/table.ts'
import type { ColumnPart } from './page-builders.ts'

const KINDS: readonly Column['kind'][] = ['number', 'boolean', 'string', 'numbers', 'strings']

/** Whether a text names a kind of column. */
export function isColumnKind(kind: unknown): kind is Column['kind'] {
  return (KINDS as readonly unknown[]).includes(kind)
}

/**
 * A column of `slots` values as views over the sections of a page, which are aligned to 8 bytes; or, as a
 * text, why these sections hold no such column. `section` answers null for an array the column has not.
 */
export function columnOf(
  kind: Column['kind'],
  slots: number,
  section: (part: ColumnPart) => Uint8Array | null,
): Column | string {
  const status = section('status')
  if (status !== null && status.length !== slots) return 'whose statuses are not one a slot'
  if (kind === 'number' || kind === 'boolean') {
    const values = floats(section)
    if (values?.length !== slots) return 'whose values are not one a slot'
    return { kind, values, status }
  }
  const offsets = kind === 'string' ? null : ints(section('offsets'))
  if (offsets !== null && !ascending(offsets, slots)) return 'whose offsets do not ascend'
  if (kind === 'numbers') {
    const values = floats(section)
    if (offsets === null || values?.length !== offsets[slots])
      return 'whose values do not fit its offsets'
    return { kind, offsets, values, status }
  }
  const dictionary = texts(section('dictionary'))
  if (dictionary === null) return 'whose dictionary is no list of texts'
  const codes = ints(section('codes'))
  if (codes === null || largest(codes) >= dictionary.length)
    return 'whose codes are not in its dictionary'
  if (kind === 'string') {
    if (codes.length !== slots) return 'whose codes are not one a slot'
    return { kind, codes, dictionary, status }
  }
  if (offsets === null || codes.length !== offsets[slots])
    return 'whose codes do not fit its offsets'
  return { kind, offsets, codes, dictionary, status }
}

function floats(
  section: (part: ColumnPart) => Uint8Array | null,
): Float32Array | Float64Array | null {
  const narrow = section('float32')
  if (narrow !== null)
    return narrow.length % 4 === 0
      ? new Float32Array(narrow.buffer, narrow.byteOffset, narrow.length / 4)
      : null
  const wide = section('float64')
  return wide !== null && wide.length % 8 === 0
    ? new Float64Array(wide.buffer, wide.byteOffset, wide.length / 8)
    : null
}

function ints(section: Uint8Array | null): Int32Array | null {
  return section !== null && section.length % 4 === 0
    ? new Int32Array(section.buffer, section.byteOffset, section.length / 4)
    : null
}

/** A loop, because half a million calls of a closure are what a cold start would notice. */
function largest(codes: Int32Array): number {
  let most = -1
  for (let i = 0; i < codes.length; i++) if (codes[i] > most) most = codes[i]
  return most
}

function ascending(offsets: Int32Array, slots: number): boolean {
  if (offsets.length !== slots + 1 || offsets[0] !== 0) return false
  for (let slot = 0; slot < slots; slot++) if (offsets[slot + 1] < offsets[slot]) return false
  return true
}

function texts(section: Uint8Array | null): string[] | null {
  if (section === null) return null
  try {
    const list: unknown = JSON.parse(
      new TextDecoder('utf-8', { fatal: false, ignoreBOM: true }).decode(section),
    )
    return Array.isArray(list) && list.every((text) => typeof text === 'string') ? list : null
  } catch {
    return null
  }
}
