import { readFileSync } from 'node:fs'
import { parse } from 'csv-parse/sync'
import { UsageError } from './errors.ts'
import type { EntityRecord } from './import-entities.ts'

/**
 * Reads records from `.ndjson` (a record a line, as the API takes them) or `.csv` (a column `id`, one
 * column an attribute; numbers, true/false and JSON lists are recognised, empty cells left out).
 * Throws a `UsageError` naming file and line.
 */
export function readRecords(path: string): EntityRecord[] {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (cause) {
    throw new UsageError(`cannot read ${path}: ${(cause as Error).message}`)
  }
  if (path.endsWith('.csv')) return fromCsv(path, text)
  if (/\.(nd)?jsonl?$/.test(path)) return fromLines(path, text)
  throw new UsageError(`${path}: expected a .csv or .ndjson file`)
}

function fromLines(path: string, text: string): EntityRecord[] {
  const records: EntityRecord[] = []
  text.split('\n').forEach((line, index) => {
    if (line.trim() === '') return
    try {
      records.push(JSON.parse(line))
    } catch (cause) {
      throw new UsageError(`${path}:${index + 1}: ${(cause as Error).message}`)
    }
  })
  return records
}

function fromCsv(path: string, text: string): EntityRecord[] {
  let rows: Record<string, string>[]
  try {
    rows = parse(text, { columns: true, skip_empty_lines: true, bom: true })
  } catch (cause) {
    throw new UsageError(`${path}: ${(cause as Error).message}`)
  }
  return rows.map((row, index) => {
    const { id, updatedAt, ...cells } = row
    if (!id) throw new UsageError(`${path}:${index + 2}: no id`)
    const attributes = Object.fromEntries(
      Object.entries(cells)
        .filter(([, cell]) => cell !== '')
        .map(([name, cell]) => [name, parsedCell(cell)]),
    )
    return { id, attributes, ...(updatedAt ? { updatedAt } : {}) }
  })
}

function parsedCell(cell: string): unknown {
  if (cell === 'true' || cell === 'false') return cell === 'true'
  if (/^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(cell)) return Number(cell)
  if (cell.startsWith('[')) {
    try {
      return JSON.parse(cell)
    } catch {
      return cell
    }
  }
  return cell
}
