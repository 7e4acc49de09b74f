import { parquetMetadata, parquetReadObjects, parquetSchema, type SchemaElement } from 'hyparquet'
import { parquetWriteBuffer } from 'hyparquet-writer'
import { EdgewheelError } from '../core/errors.ts'

/** What a column holds; `list` types never hold null in place of a list, `real` elements may be null. */
export type ColumnType =
  | 'text'
  | 'integer'
  | 'time'
  | 'real'
  | 'flag'
  | 'bytes'
  | 'text list'
  | 'integer list'
  | 'real list'

/** A column of a part. */
export interface PartColumn {
  readonly name: string
  readonly type: ColumnType
  /** Default: never null. */
  readonly nullable?: true
}

/** The columns of one kind of part; `version` changes when one of them changes its meaning. */
export interface PartFormat {
  readonly kind: string
  readonly version: number
  readonly columns: readonly PartColumn[]
}

/** A row by column name: strings, numbers (times too), booleans, bytes, lists, null. */
export type Row = Readonly<Record<string, unknown>>

/** The key of the format's name and version in a part's metadata. */
const FORMAT_KEY = 'edgewheel'

const PRIMITIVES: Readonly<Record<string, Pick<SchemaElement, 'type' | 'converted_type'>>> = {
  text: { type: 'BYTE_ARRAY', converted_type: 'UTF8' },
  integer: { type: 'INT32' },
  time: { type: 'INT64' },
  real: { type: 'DOUBLE' },
  flag: { type: 'BOOLEAN' },
  bytes: { type: 'BYTE_ARRAY' },
}

/** Rows as Parquet, snappy; the same rows in the same order give the same bytes. */
export function writePart(format: PartFormat, rows: readonly Row[]): Uint8Array<ArrayBuffer> {
  const buffer = parquetWriteBuffer({
    schema: schemaOf(format),
    columnData: format.columns.map(({ name, type }) => ({
      name,
      data: rows.map((row) => (type === 'time' ? bigOf(row[name]) : row[name])),
      // Statistics and a dictionary of records would only be work.
      ...(type === 'bytes' ? { encoding: 'PLAIN' as const, statistics: false } : {}),
    })),
    kvMetadata: [{ key: FORMAT_KEY, value: `${format.kind}@${format.version}` }],
    createdBy: 'edgewheel',
  })
  return new Uint8Array(buffer)
}

/**
 * The rows of a part, or some of their columns. Throws `invalid_format` for bytes that are no part of this
 * format in this or an older version.
 */
export async function readPart(
  format: PartFormat,
  bytes: Uint8Array,
  columns: readonly string[] = format.columns.map(({ name }) => name),
): Promise<Row[]> {
  const file = bytes.slice().buffer
  try {
    const metadata = parquetMetadata(file)
    checkVersion(format, metadata.key_value_metadata)
    const there = new Set(parquetSchema(metadata).children.map(({ element }) => element.name))
    const wanted = columns.filter((name) => there.has(name))
    const rows = await parquetReadObjects({ file, metadata, columns: wanted, utf8: false })
    const absent = columns.filter((name) => !there.has(name))
    return rows.map((row) => plain(format, row, absent))
  } catch (cause) {
    if (cause instanceof EdgewheelError) throw cause
    throw new EdgewheelError('invalid_format', `this is no part of ${format.kind}`, { cause })
  }
}

function checkVersion(
  { kind, version }: PartFormat,
  metadata: readonly { readonly key: string; readonly value?: string }[] = [],
): void {
  const written = metadata.find(({ key }) => key === FORMAT_KEY)?.value ?? ''
  const [name, number] = written.split('@')
  if (name !== kind || !(Number(number) >= 1 && Number(number) <= version))
    throw new EdgewheelError(
      'invalid_format',
      `expected a part of ${kind}@${version}, not '${written.slice(0, 64)}'`,
    )
}

function schemaOf({ columns }: PartFormat): SchemaElement[] {
  const schema: SchemaElement[] = [{ name: 'root', num_children: columns.length }]
  for (const { name, type, nullable } of columns) {
    const repetition_type = nullable ? 'OPTIONAL' : 'REQUIRED'
    const [primitive, list] = type.split(' ')
    if (list === undefined) schema.push({ name, repetition_type, ...PRIMITIVES[primitive] })
    else
      schema.push(
        { name, repetition_type, converted_type: 'LIST', num_children: 1 },
        { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
        {
          name: 'element',
          repetition_type: primitive === 'real' ? 'OPTIONAL' : 'REQUIRED',
          ...PRIMITIVES[primitive],
        },
      )
  }
  return schema
}

function bigOf(value: unknown): bigint | null {
  return value === null ? null : BigInt(value as number)
}

/** Times as numbers again; a column that an older version did not have is null. */
function plain(
  { columns }: PartFormat,
  row: Record<string, unknown>,
  absent: readonly string[],
): Row {
  for (const name of absent) row[name] = null
  for (const { name, type } of columns)
    if (type === 'time' && row[name] !== null && row[name] !== undefined)
      row[name] = Number(row[name])
  return row
}
