import type { DecisionEvent } from './decision-event.ts'
import { EdgewheelError } from './errors.ts'
import { type CategoryColumn, type FeatureMatrix, featureMatrix } from './matrix.ts'
import { PackReader, PackWriter } from './packing.ts'
import type { RankColumn } from './rank.ts'

/** `EWD` and the version of the format. */
const MAGIC = Uint8Array.of(0x45, 0x57, 0x44, 1)

/** Numbers and texts that stand in the head as they are. */
type Plain = Omit<
  DecisionEvent,
  'sources' | 'retrieval' | 'scores' | 'matrix' | 'rankColumns' | 'choices' | 'drops'
>

interface Head extends Plain {
  readonly rows: number
  readonly slots: number
  /** Texts after the ids: a code below `rows` means the id of that row. */
  readonly texts: readonly string[]
  readonly drops: readonly (readonly [id: string, stage: string, reason: string])[]
  readonly columns: readonly ('numbers' | 'codes')[]
}

/** Packs a decision, whatever its size; `encodeDecision` keeps it within its bounds. */
export function packDecision(event: DecisionEvent): Uint8Array<ArrayBuffer> {
  const { sources, retrieval, scores, matrix, rankColumns, choices, drops, ...plain } = event
  const rows = event.ids.length
  const writer = new PackWriter()
  const texts = new Texts(event.ids)
  writer.array(scores.subarray(0, rows))
  writer.array(Float64Array.from(choices, ({ propensity }) => propensity))
  writer.whole(choices.map(({ index }) => index))
  writer.whole(sources)
  writer.array(drawnScores(sources, retrieval))
  writeStatuses(writer, matrix, event.features.length)
  event.features.forEach((_, index) => {
    const column = matrix.categories[index]
    if (column) writeCodes(writer, column, rows, texts)
    else
      writeNumbers(
        writer,
        matrix.values.subarray(index * matrix.stride, index * matrix.stride + rows),
      )
  })
  for (const column of rankColumns) {
    if (column.kind === 'codes') writeCodes(writer, column, rows, texts)
    else writer.array(column.values.subarray(0, rows))
  }
  const head: Head = {
    ...plain,
    rows,
    slots: choices.length,
    texts: texts.added,
    drops: drops.map(({ id, stage, reason }) => [id, stage, reason]),
    columns: rankColumns.map(({ kind }) => kind),
  }
  return writer.done(MAGIC, head)
}

/** Reads what `encodeDecision` wrote, bit for bit. Throws `invalid_format`. */
export function decodeDecision(bytes: Uint8Array): DecisionEvent {
  const reader = new PackReader(MAGIC, bytes)
  try {
    return read(reader)
  } catch (cause) {
    if (cause instanceof EdgewheelError) throw cause
    throw new EdgewheelError('invalid_format', 'the record’s head does not fit it', { cause })
  }
}

function read(reader: PackReader): DecisionEvent {
  const { rows, slots, texts, drops, columns, ...plain } = reader.head as Head
  const dictionary = [...plain.ids, ...texts]
  const scores = reader.floats64(rows)
  const propensities = reader.floats64(slots)
  const chosen = reader.whole(slots)
  const sources = new Uint32Array(reader.whole(rows))
  const retrieval = plain.sourceNames.map(() => new Float32Array(rows).fill(Number.NaN))
  readDrawnScores(reader, sources, retrieval)
  const matrix = featureMatrix(
    rows,
    plain.features.map(({ kind }) => kind === 'category'),
  )
  readStatuses(reader, matrix, plain.features.length)
  plain.features.forEach((_, index) => {
    const column = matrix.categories[index]
    if (column) Object.assign(column, readCodes(reader, rows, dictionary))
    else matrix.values.set(readNumbers(reader, rows), index * matrix.stride)
  })
  const rankColumns = columns.map(
    (kind): RankColumn =>
      kind === 'codes'
        ? { kind, ...readCodes(reader, rows, dictionary) }
        : { kind, values: reader.floats64(rows) },
  )
  return {
    ...plain,
    scores,
    sources,
    retrieval,
    matrix,
    rankColumns,
    choices: Array.from(chosen, (index, i) => ({ index, propensity: propensities[i] })),
    drops: drops.map(([id, stage, reason]) => ({ id, stage, reason })),
  }
}

/** The record's own dictionary: the ids of the rows, then what else its categories say. */
class Texts {
  readonly added: string[] = []
  readonly #codes = new Map<string, number>()
  readonly #known = new Map<readonly string[], Int32Array>()
  readonly #first: number

  constructor(ids: readonly string[]) {
    this.#first = ids.length
    for (let row = 0; row < ids.length; row++) this.#codes.set(ids[row], row)
  }

  /** The record's codes by those of another dictionary; -1 where not asked for yet. */
  codesOf(dictionary: readonly string[]): Int32Array {
    let codes = this.#known.get(dictionary)
    if (!codes) {
      codes = new Int32Array(dictionary.length).fill(-1)
      this.#known.set(dictionary, codes)
    }
    return codes
  }

  codeOf(text: string): number {
    let code = this.#codes.get(text)
    if (code === undefined) {
      code = this.#first + this.added.push(text) - 1
      this.#codes.set(text, code)
    }
    return code
  }
}

function writeCodes(writer: PackWriter, column: CategoryColumn, rows: number, texts: Texts): void {
  const { offsets, codes, dictionary } = column
  const lengths = new Uint32Array(rows)
  for (let row = 0; row < rows; row++) lengths[row] = offsets[row + 1] - offsets[row]
  writer.whole(lengths)
  const codeOf = texts.codesOf(dictionary)
  const own = new Uint32Array(offsets[rows])
  for (let i = 0; i < own.length; i++) {
    const code = codes[i]
    if (codeOf[code] < 0) codeOf[code] = texts.codeOf(dictionary[code])
    own[i] = codeOf[code]
  }
  writer.whole(own)
}

function readCodes(reader: PackReader, rows: number, dictionary: readonly string[]) {
  const lengths = reader.whole(rows)
  const offsets = new Int32Array(rows + 1)
  for (let row = 0; row < rows; row++) offsets[row + 1] = offsets[row] + lengths[row]
  const codes = new Int32Array(reader.whole(offsets[rows]))
  if (codes.some((code) => code >= dictionary.length))
    throw new EdgewheelError('invalid_format', 'the record has a code without a text')
  return { offsets, codes, dictionary }
}

/** One number where all rows have the same bits: much of a row is about the visitor. */
function writeNumbers(writer: PackWriter, values: Float32Array): void {
  let same = true
  for (let row = 1; same && row < values.length; row++) same = Object.is(values[row], values[0])
  writer.array(Uint8Array.of(same ? 1 : 0))
  writer.array(same ? values.subarray(0, 1) : values)
}

function readNumbers(reader: PackReader, rows: number): Float32Array {
  const [same] = reader.bytes(1)
  if (same === 0) return reader.floats32(rows)
  return new Float32Array(rows).fill(reader.floats32(Math.min(1, rows))[0] ?? 0)
}

/** A bit for each cell that is not present, by feature, then row; then the statuses of those cells. */
function writeStatuses(writer: PackWriter, matrix: FeatureMatrix, features: number): void {
  const { rows, stride, status } = matrix
  const bits = new Uint8Array(Math.ceil((rows * features) / 8))
  const others: number[] = []
  for (let index = 0; index < features; index++)
    for (let row = 0; row < rows; row++) {
      const known = status[index * stride + row]
      if (known === 0) continue
      const cell = index * rows + row
      bits[cell >> 3] |= 1 << (cell & 7)
      others.push(known)
    }
  writer.array(bits)
  writer.array(new Uint8Array(others))
}

function readStatuses(reader: PackReader, matrix: FeatureMatrix, features: number): void {
  const { rows, stride, status } = matrix
  const bits = reader.bytes(Math.ceil((rows * features) / 8))
  for (let index = 0; index < features; index++)
    for (let row = 0; row < rows; row++) {
      const cell = index * rows + row
      if ((bits[cell >> 3] >> (cell & 7)) & 1) status[index * stride + row] = reader.bytes(1)[0]
    }
}

/** One retrieval score for each source bit, by row, then source. */
function drawnScores(sources: Uint32Array, retrieval: readonly Float32Array[]): Float32Array {
  const scores: number[] = []
  for (let row = 0; row < sources.length; row++)
    for (let source = 0; source < retrieval.length; source++)
      if ((sources[row] >>> source) & 1) scores.push(retrieval[source][row])
  return new Float32Array(scores)
}

function readDrawnScores(
  reader: PackReader,
  sources: Uint32Array,
  retrieval: readonly Float32Array[],
): void {
  let total = 0
  for (const bits of sources)
    for (let source = 0; source < retrieval.length; source++) total += (bits >>> source) & 1
  const scores = reader.floats32(total)
  let at = 0
  for (let row = 0; row < sources.length; row++)
    for (let source = 0; source < retrieval.length; source++)
      if ((sources[row] >>> source) & 1) retrieval[source][row] = scores[at++]
}
