import { timeOfUuidv7 } from '../core/decision-id.ts'
import { HOUR_MS } from '../core/duration.ts'
import type { OutcomeEvent } from '../core/event-envelope.ts'
import { dedupeKeyText } from '../core/event-key.ts'
import { receiptLifeMs } from '../core/event-outcome.ts'
import { DECISION_PARTS } from './lake-decision.ts'
import { hourPrefix, hoursBetween, type PartKind } from './lake-key.ts'
import { OUTCOME_PARTS, outcomeOf } from './lake-outcome.ts'
import { type PartFormat, type Row, readPart } from './lake-parquet.ts'
import { groupName, groupOf, hourAt } from './metric-cells.ts'
import {
  type CountedDecision,
  countedDecision,
  type MetricDefinitions,
  talliesOfEvent,
} from './metric-changes.ts'
import {
  type Counts,
  countAt,
  type MetricCell,
  type MetricGroup,
  noCounts,
  placeOf,
} from './metric-counts.ts'
import type { MetricQuery } from './metric-groups.ts'
import { eachOf } from './record-owners.ts'

/** What a recount goes over. */
export interface RecountOptions extends MetricDefinitions, Pick<MetricQuery, 'fromMs' | 'toMs'> {
  readonly bucket: R2Bucket
  readonly useCase: string
  /** What arrived later is not looked for. */
  readonly nowMs: number
}

/** The most parts that are read. */
export const MAX_PARTS = 500

const DECISION_COLUMNS = [
  'decision_id',
  'use_case',
  'decided_at',
  'variant',
  'model_version',
  'item_ids',
]

/**
 * The counts of decisions of `[fromMs, toMs)`, from the parts of the lake alone: what the objects counted as
 * it came, if they are right. Here the rows of one key stand side by side, and the order in which they came
 * does not matter. Null: more than {@link MAX_PARTS} parts.
 */
export async function recountFromLake(options: RecountOptions): Promise<MetricCell[] | null> {
  const { bucket, useCase, fromMs, toMs, nowMs, outcomes } = options
  const untilMs = Math.min(nowMs, toMs + receiptLifeMs(outcomes))
  const decisionKeys = await partKeys(bucket, 'decision', fromMs, toMs - 1)
  const outcomeKeys = await partKeys(bucket, 'outcome', fromMs, untilMs)
  if (decisionKeys.length + outcomeKeys.length > MAX_PARTS) return null
  const decisions = new Map<string, CountedDecision>()
  for (const row of await rowsOf(bucket, decisionKeys, DECISION_PARTS, DECISION_COLUMNS)) {
    const decidedAtMs = row.decided_at as number
    if (row.use_case === useCase && decidedAtMs >= fromMs && decidedAtMs < toMs)
      decisions.set(row.decision_id as string, countedDecision(row))
  }
  const cells = new Cells()
  for (const decision of decisions.values()) {
    const counts = cells.at(decision.decidedAtMs, decision)
    counts.decisions++
    for (let place = 1; place <= decision.served; place++) countAt(counts, 's', placeOf(place))
  }
  const rows = await rowsOf(bucket, outcomeKeys, OUTCOME_PARTS)
  for (const events of sameKeys(options, rows.map(outcomeOf)).values())
    countEvents(options, cells, decisions, events)
  return cells.all()
}

/** Events that count as one, by their key, the first to arrive first. */
function sameKeys({ events: types }: RecountOptions, events: readonly OutcomeEvent[]) {
  const groups = new Map<string, OutcomeEvent[]>()
  for (const event of events.toSorted((a, b) => a.receivedMs - b.receivedMs)) {
    const type = types.get(event.type)
    if (!type || event.trust !== 'counted' || event.decisionId === null) continue
    const key = dedupeKeyText(event, type)
    const group = groups.get(key)
    if (group) group.push(event)
    else groups.set(key, [event])
  }
  return groups
}

function countEvents(
  { events: types, outcomes, useCase, fromMs, toMs }: RecountOptions,
  cells: Cells,
  decisions: ReadonlyMap<string, CountedDecision>,
  events: readonly OutcomeEvent[],
): void {
  if (events.some(({ retracts }) => retracts !== null)) return
  const met = new Set<string>()
  for (const event of events) {
    const type = types.get(event.type)
    const decision = decisions.get(event.decisionId as string)
    const isAddressed = event.useCase !== null && event.variant !== null
    if (!type || (isAddressed ? event.useCase !== useCase : !decision)) continue
    const decidedAtMs = timeOfUuidv7(event.decisionId as string)
    if (decidedAtMs === null || decidedAtMs < fromMs || decidedAtMs >= toMs) continue
    const group = isAddressed
      ? { variant: event.variant as string, model: event.model }
      : (decision as MetricGroup)
    for (const tally of talliesOfEvent(type, outcomes, event, decidedAtMs)) {
      if (met.has(tally)) continue
      met.add(tally)
      countAt(cells.at(decidedAtMs, group), tally, placeOf(event.position))
    }
  }
}

class Cells {
  readonly #counts = new Map<string, Counts>()

  at(decidedAtMs: number, group: MetricGroup): Counts {
    const name = `${hourAt(decidedAtMs)} ${groupName(group)}`
    const counts = this.#counts.get(name) ?? noCounts()
    this.#counts.set(name, counts)
    return counts
  }

  all(): MetricCell[] {
    const cells = [...this.#counts].map(([name, counts]) => {
      const end = name.indexOf(' ')
      const hourMs = Number(name.slice(0, end)) * HOUR_MS
      return { ...groupOf(name.slice(end + 1)), hourMs, counts }
    })
    return cells.sort((a, b) => a.hourMs - b.hourMs)
  }
}

async function partKeys(bucket: R2Bucket, kind: PartKind, fromMs: number, toMs: number) {
  const found = await eachOf(hoursBetween(fromMs, toMs), async (hour) => {
    const keys: string[] = []
    let cursor: string | undefined
    do {
      const page: R2Objects = await bucket.list({ prefix: hourPrefix(kind, hour), cursor })
      keys.push(...page.objects.map(({ key }) => key))
      cursor = page.truncated ? page.cursor : undefined
    } while (cursor !== undefined && keys.length <= MAX_PARTS)
    return keys
  })
  return found.flat()
}

async function rowsOf(
  bucket: R2Bucket,
  keys: readonly string[],
  format: PartFormat,
  columns?: readonly string[],
): Promise<Row[]> {
  const rows = await eachOf(keys, async (key) => {
    const object = await bucket.get(key)
    // Listed and gone: compaction has put its rows into another part.
    if (object === null) return []
    return readPart(format, new Uint8Array(await object.arrayBuffer()), columns)
  })
  return rows.flat()
}
