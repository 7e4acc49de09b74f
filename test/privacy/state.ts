import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { PART_FORMATS } from '../../src/wheel/lake.ts'
import type { PartKind } from '../../src/wheel/lake-key.ts'
import { type Row, readPart } from '../../src/wheel/lake-parquet.ts'

/** Something that is stored, and where: `r2/… user_id`. */
export interface Stored {
  readonly where: string
  readonly bytes: Buffer
}

/** All ways in which a text may stand in bytes: UTF-8, UTF-16, hex, and base64 at each of its offsets. */
export function disguisesOf(text: string): Buffer[] {
  const utf8 = Buffer.from(text)
  const utf16 = Buffer.from(text, 'utf16le')
  const base64 = [0, 1, 2].flatMap((offset) => {
    const shifted = Buffer.concat([Buffer.alloc(offset), utf8]).toString('base64')
    // The first and last characters depend on what stands around the text.
    const own = shifted.slice(offset === 0 ? 0 : offset + 1, -4)
    return [own, own.replaceAll('+', '-').replaceAll('/', '_')]
  })
  const hex = utf8.toString('hex')
  return [utf8, utf16, ...[...base64, hex, hex.toUpperCase()].map((one) => Buffer.from(one))]
}

/** Where a text stands, in any disguise. */
export function placesOf(text: string, stored: readonly Stored[]): string[] {
  const disguises = disguisesOf(text)
  return stored
    .filter(({ bytes }) => disguises.some((disguise) => bytes.includes(disguise)))
    .map(({ where }) => where)
}

/** Every file below a folder, as it is: databases, their logs of changes, blobs. */
export function filesBelow(folder: string): Stored[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => ({ where: relative(folder, path), bytes: readFileSync(path) }))
}

/**
 * Every live cell of every database below a folder, the values of KV and R2, and the cells of all parts of
 * the lake, which are compressed on disk.
 */
export async function liveBelow(folder: string): Promise<Stored[]> {
  const cells: Stored[] = []
  for (const { where } of filesBelow(folder)) {
    if (!where.endsWith('.sqlite')) continue
    const database = new DatabaseSync(join(folder, where), { readOnly: true })
    for (const { name } of namesOf(database)) {
      const all = database.prepare(`SELECT * FROM "${name}"`)
      all.setReadBigInts(true)
      const rows = all.all()
      for (const row of rows) {
        cells.push({
          where: `${where} ${name}`,
          bytes: Buffer.concat(Object.values(row).map(bytesOf)),
        })
        cells.push(...(await blobOf(folder, where, row)))
      }
    }
    database.close()
  }
  return cells
}

/** The rows of all parts of a kind. */
export async function partsBelow(folder: string, kind: PartKind): Promise<Row[]> {
  const rows: Row[] = []
  for (const { where } of filesBelow(folder)) {
    if (!where.endsWith('.sqlite') || !where.includes('r2')) continue
    const database = new DatabaseSync(join(folder, where), { readOnly: true })
    if (namesOf(database).some(({ name }) => name === '_mf_objects'))
      for (const row of database.prepare('SELECT * FROM _mf_objects').all())
        if (`${row.key}`.startsWith(`events/kind=${kind}/`))
          rows.push(...(await partOf(kind, blobBytes(folder, `${row.blob_id}`))))
    database.close()
  }
  return rows
}

function namesOf(database: DatabaseSync): { name: string }[] {
  const tables = "SELECT name FROM sqlite_master WHERE type = 'table'"
  return database.prepare(tables).all() as { name: string }[]
}

/** The value that a row of KV or R2 points to. */
async function blobOf(
  folder: string,
  where: string,
  row: Record<string, unknown>,
): Promise<Stored[]> {
  if (typeof row.blob_id !== 'string') return []
  const key = `${row.key}`
  const bytes = blobBytes(folder, row.blob_id)
  const [, kind] = /^events\/kind=(\w+)\//.exec(key) ?? []
  if (kind === undefined) return [{ where: `${where} ${key}`, bytes }]
  const rows = await partOf(kind as PartKind, bytes)
  return rows.flatMap((cells) =>
    Object.entries(cells).map(([column, value]) => ({
      where: `${key} ${column}`,
      bytes: bytesOf(value),
    })),
  )
}

/** A Buffer's `slice` is none of its own bytes. */
function partOf(kind: PartKind, bytes: Buffer): Promise<Row[]> {
  return readPart(PART_FORMATS[kind], Uint8Array.from(bytes))
}

function blobBytes(folder: string, id: string): Buffer {
  for (const store of ['kv', 'r2'])
    for (const parent of readdirSync(join(folder, 'v3', store))) {
      const path = join(folder, 'v3', store, parent, 'blobs', id)
      if (existsSync(path)) return readFileSync(path)
    }
  throw new Error(`no blob ${id}`)
}

function bytesOf(value: unknown): Buffer {
  if (value instanceof Uint8Array) return Buffer.from(value)
  if (typeof value === 'bigint') return Buffer.from(`${value}`)
  return Buffer.from(typeof value === 'string' ? value : (JSON.stringify(value) ?? ''))
}
