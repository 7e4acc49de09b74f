import type { Cutoffs } from './forget-cutoffs.ts'
import { forgetInFailed } from './forget-failed.ts'
import { forgetRow, isAboutForgotten, PERSON_COLUMNS } from './forget-parts.ts'
import { PART_FORMATS, writeRows } from './lake.ts'
import type { PartKind } from './lake-key.ts'
import { readPart } from './lake-parquet.ts'

/** Where a pass through the lake stands: everything up to a key of a place is done. */
export interface LakeCursor {
  /** Index of {@link PLACES}. */
  readonly place: number
  /** Empty: the place's beginning. */
  readonly after: string
}

/** What a stretch of a pass did. */
export interface LakeReport {
  /** Objects that were looked into. */
  readonly read: number
  /** Of those, the ones that were written anew or deleted. */
  readonly rewritten: number
  /** Objects that could not be read, and stay as they are. */
  readonly unreadable: number
}

/** The kinds of objects with people in them. */
const PLACES: readonly { readonly prefix: string; readonly kind: PartKind | 'failed' }[] = [
  { prefix: 'events/kind=decision/', kind: 'decision' },
  { prefix: 'events/kind=outcome/', kind: 'outcome' },
  { prefix: 'events/kind=entity/', kind: 'entity' },
  { prefix: 'failed/', kind: 'failed' },
]
const OBJECTS_PER_STRETCH = 50

/** Where a pass begins. */
export const LAKE_BEGIN: LakeCursor = { place: 0, after: '' }

/**
 * The next stretch of a pass: up to 50 objects, each written anew without the people that `cutoffsOf` names
 * for the time of its upload; null for `next`: that was all. Each object's successor is written before it is
 * deleted, and is named by its content: broken off anywhere, the same stretch once more leaves the same.
 * Rejects where the bucket fails.
 */
export async function forgetInLake(
  bucket: R2Bucket,
  { place, after }: LakeCursor,
  cutoffsOf: (uploadedMs: number) => Cutoffs,
): Promise<{ readonly next: LakeCursor | null; readonly report: LakeReport }> {
  const { prefix, kind } = PLACES[place]
  const from = after === '' ? {} : { startAfter: after }
  const page = await bucket.list({ prefix, limit: OBJECTS_PER_STRETCH, ...from })
  const report = { read: 0, rewritten: 0, unreadable: 0 }
  for (const { key, uploaded } of page.objects) {
    const cutoffs = cutoffsOf(uploaded.getTime())
    if (cutoffs.size === 0) continue
    report.read++
    try {
      const changed =
        kind === 'failed'
          ? (await forgetInFailed(bucket, key, cutoffs)) > 0
          : await forgetInPart(bucket, kind, key, cutoffs)
      if (changed) report.rewritten++
    } catch (error) {
      if (!isUnreadable(error)) throw error
      console.error(`${key} cannot be read:`, error)
      report.unreadable++
    }
  }
  const last = page.objects.at(-1)
  if (page.truncated && last) return { next: { place, after: last.key }, report }
  const next = place + 1 < PLACES.length ? { place: place + 1, after: '' } : null
  return { next, report }
}

/** Whether the part had somebody in it. */
async function forgetInPart(
  bucket: R2Bucket,
  kind: PartKind,
  key: string,
  cutoffs: Cutoffs,
): Promise<boolean> {
  const object = await bucket.get(key)
  // Listed and gone: its rows are in another part, which comes with its own upload time.
  if (object === null) return false
  const bytes = new Uint8Array(await object.arrayBuffer())
  const format = PART_FORMATS[kind]
  const persons = await readPart(format, bytes, PERSON_COLUMNS[kind])
  if (!persons.some((row) => isAboutForgotten(kind, row, cutoffs))) return false
  const rows = await readPart(format, bytes)
  const kept = rows.map((row) => forgetRow(kind, row, cutoffs)).filter((row) => row !== null)
  const written = kept.length > 0 ? await writeRows(bucket, kind, hourOfKey(key), kept) : null
  if (written !== key) await bucket.delete(key)
  return true
}

/** The hour of a part's key, epoch ms. */
function hourOfKey(key: string): number {
  const [, date, hour] = /\/date=([\d-]+)\/hour=(\d\d)\//.exec(key) ?? []
  const hourMs = Date.parse(`${date}T${hour}:00:00Z`)
  if (Number.isNaN(hourMs)) throw new RangeError(`${key} is in no hour`)
  return hourMs
}

function isUnreadable(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'invalid_format'
}
