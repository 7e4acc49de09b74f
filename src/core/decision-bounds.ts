import { packDecision } from './decision-codec.ts'
import type { DecisionEvent } from './decision-event.ts'
import { type CategoryColumn, featureMatrix } from './matrix.ts'

/** One billing unit of a queue message, with room for what goes around it, bytes. */
export const DECISION_UNIT_BYTES = 63 * 1_024

/** The most that a logged decision takes, bytes. */
export const DECISION_MAX_BYTES = 96 * 1_024

const FEW_DROPS = 32

/**
 * The bytes of a decision, at most {@link DECISION_MAX_BYTES}. Beyond one unit, dropped candidates go
 * first (the trace has their number); beyond the maximum, candidates that were not chosen, the lowest
 * scores first, and the record says `complete: false`.
 */
export function encodeDecision(event: DecisionEvent): Uint8Array<ArrayBuffer> {
  let bytes = packDecision(event)
  if (bytes.length <= DECISION_UNIT_BYTES) return bytes
  let kept: DecisionEvent = { ...event, drops: event.drops.slice(0, FEW_DROPS) }
  bytes = packDecision(kept)
  const rows = keepOrder(event)
  let count = rows.length
  while (bytes.length > DECISION_MAX_BYTES && count > event.choices.length) {
    const share = Math.min(0.95, DECISION_MAX_BYTES / bytes.length)
    count = Math.max(event.choices.length, Math.floor(count * share))
    kept = withRows(kept, event, rows.slice(0, count))
    bytes = packDecision(kept)
  }
  if (bytes.length <= DECISION_MAX_BYTES) return bytes
  // Features, texts or requests beyond all bounds: what was served, and how likely.
  kept = { ...kept, features: [], rankColumns: [], drops: [], request: {} }
  bytes = packDecision(kept)
  return bytes.length <= DECISION_MAX_BYTES ? bytes : packDecision({ ...kept, trace: [] })
}

/** Rows in the order in which they are worth keeping: the slate, then the others by score. */
function keepOrder({ choices, scores, ids }: DecisionEvent): number[] {
  const chosen = choices.map(({ index }) => index)
  const taken = new Set(chosen)
  const others = ids.map((_, row) => row).filter((row) => !taken.has(row))
  return [...chosen, ...others.sort((a, b) => scores[b] - scores[a] || a - b)]
}

/** `event` with some of the rows of `full`, in the order of the pool. */
function withRows(
  event: DecisionEvent,
  full: DecisionEvent,
  some: readonly number[],
): DecisionEvent {
  const rows = some.toSorted((a, b) => a - b)
  const { matrix } = full
  const kept = featureMatrix(
    rows.length,
    full.features.map(({ kind }) => kind === 'category'),
  )
  full.features.forEach((_, index) => {
    rows.forEach((row, r) => {
      kept.values[index * kept.stride + r] = matrix.values[index * matrix.stride + row]
      kept.status[index * kept.stride + r] = matrix.status[index * matrix.stride + row]
    })
    const column = matrix.categories[index]
    if (column) Object.assign(kept.categories[index] as CategoryColumn, codesOf(column, rows))
  })
  const newRow = new Map(rows.map((row, r) => [row, r]))
  return {
    ...event,
    ids: rows.map((row) => full.ids[row]),
    sources: Uint32Array.from(rows, (row) => full.sources[row]),
    retrieval: full.retrieval.map((scores) => Float32Array.from(rows, (row) => scores[row])),
    scores: Float64Array.from(rows, (row) => full.scores[row]),
    matrix: kept,
    rankColumns: full.rankColumns.map((column) =>
      column.kind === 'codes'
        ? { kind: 'codes', ...codesOf(column, rows) }
        : { kind: 'numbers', values: Float64Array.from(rows, (row) => column.values[row]) },
    ),
    choices: full.choices.map(({ index, propensity }) => ({
      index: newRow.get(index) as number,
      propensity,
    })),
    complete: false,
  }
}

function codesOf({ offsets, codes, dictionary }: CategoryColumn, rows: readonly number[]) {
  const kept = rows.map((row) => codes.subarray(offsets[row], offsets[row + 1]))
  const ends = new Int32Array(rows.length + 1)
  kept.forEach((list, r) => {
    ends[r + 1] = ends[r] + list.length
  })
  return { offsets: ends, codes: Int32Array.from(kept.flatMap((list) => [...list])), dictionary }
}
