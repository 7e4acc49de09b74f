import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Comparison, type Mismatch } from './comparison.ts'
import { formats, reasonToSkip } from './formats.ts'

/** The result for one file of a known format, or one that could not be read. */
export interface GoldenFile {
  readonly file: string
  readonly format: string | null
  readonly cases: number
  /** Largest |actual - expected| / max(1, |expected|). */
  readonly maxError: number
  readonly ok: boolean
  /** The first mismatches, where there are any. */
  readonly mismatches?: readonly Mismatch[]
  readonly notComputed?: readonly { path: string; reason: string }[]
  readonly error?: string
}

/** What `npm run golden` prints. */
export interface GoldenReport {
  readonly ok: boolean
  readonly files: readonly GoldenFile[]
  readonly skipped: readonly { file: string; reason: string }[]
}

const shownMismatches = 5

/** Recomputes every file of a folder, not of its subfolders. Throws where it cannot be listed. */
export function recomputeFolder(folder: string): GoldenReport {
  const files: GoldenFile[] = []
  const skipped: { file: string; reason: string }[] = []
  const entries = readdirSync(folder, { withFileTypes: true })
  for (const { name } of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (!name.endsWith('.json')) {
      skipped.push({ file: name, reason: 'not a .json file' })
      continue
    }
    const result = recomputeFile(folder, name)
    if (typeof result === 'string') skipped.push({ file: name, reason: result })
    else files.push(result)
  }
  return { ok: files.every((file) => file.ok), files, skipped }
}

// A string is the reason for which the file is skipped.
function recomputeFile(folder: string, file: string): GoldenFile | string {
  const failed = (format: string | null, error: unknown): GoldenFile => ({
    file,
    format,
    cases: 0,
    maxError: 0,
    ok: false,
    error: error instanceof Error ? error.message : String(error),
  })
  let document: unknown
  try {
    document = JSON.parse(readFileSync(join(folder, file), 'utf8'))
  } catch (error) {
    return failed(null, error)
  }
  for (const format of formats) {
    const recompute = format.recognize(document)
    if (recompute === null) continue
    const comparison = new Comparison()
    try {
      recompute(comparison)
    } catch (error) {
      return failed(format.name, error)
    }
    const { cases, maxError, mismatches, notComputed } = comparison
    return {
      file,
      format: format.name,
      cases,
      maxError,
      ok: mismatches.length === 0,
      ...(mismatches.length > 0 ? { mismatches: mismatches.slice(0, shownMismatches) } : {}),
      ...(notComputed.length > 0 ? { notComputed } : {}),
    }
  }
  return reasonToSkip(document) ?? 'unknown format'
}
