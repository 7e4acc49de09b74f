import { type Chosen, choose } from './choose.ts'
import type { DecisionContext } from './context.ts'
import { type Clock, within } from './deadline.ts'
import { drawInto, Eligibility } from './draw.ts'
import { fallbackItems } from './fallback.ts'
import { featurize } from './featurize.ts'
import type { FeatureMatrix } from './matrix.ts'
import type { Plan } from './plan.ts'
import { Pool } from './pool.ts'
import type { Random } from './random.ts'
import type { RankColumn } from './rank.ts'
import type { Interaction } from './read.ts'
import { bindReads, type Scope } from './reading.ts'
import { type RecordView, unknownRecord } from './record.ts'
import type { DecideRequest, GivenCandidate } from './request.ts'
import { compileFilter } from './request-filter.ts'
import type { BoundScorer, DrawnIds, Source } from './stage.ts'
import { type Ranking, Table } from './table.ts'
import type { Trace } from './trace.ts'

/** Everything a decision needs; the caller has read it already. */
export interface DecideInput {
  readonly request: DecideRequest
  readonly recent: readonly Interaction[]
  readonly nowMs: number
  /** Chance for the sources. */
  readonly random: Random
  /** Chance for the ranker alone, so that a choice can be replayed without the sources. */
  readonly rankRandom: Random
  readonly clock: Clock
  /** Epoch ms after which nothing is waited for. */
  readonly deadlineMs: number
  /** The candidates' table; null where no page is there. */
  readonly items: Table | null
  /** Records by alias. */
  readonly records: ReadonlyMap<string, RecordView>
  /** The published model's scorer, or null: prior weights serve. */
  readonly scorer: BoundScorer | null
  readonly trace: Trace
}

/** One served candidate. */
export interface SlateItem {
  readonly id: string
  /** From 1. */
  readonly position: number
  /** The model's score, before boosts and exploration; null for fallback items. */
  readonly score: number | null
  readonly propensity: number
  readonly sources: readonly string[]
  /** Row in the pool; -1 for fallback items. */
  readonly row: number
}

/** A decision with everything that led to it. */
export interface Slate {
  readonly items: readonly SlateItem[]
  readonly pool: Pool
  readonly matrix: FeatureMatrix
  readonly scores: Float64Array
  readonly scorer: BoundScorer
  /** What each constraint read of the rows, in the order of the chain. */
  readonly rankColumns: readonly RankColumn[]
  readonly chosen: Chosen
  readonly drops: Eligibility['drops']
  readonly context: DecisionContext
}

/**
 * Runs a chain: draws candidates under the filters, computes features, scores, chooses. Only sources
 * wait, at most until the deadline. Never rejects for what a stage does; the trace says what was lost.
 */
export async function runChain(plan: Plan, input: DecideInput): Promise<Slate> {
  const { useCase } = plan
  const { request, trace, random } = input
  const items = input.items ?? emptyTable(useCase.candidates.name)
  const context: DecisionContext = {
    nowMs: input.nowMs,
    random,
    request,
    recent: input.recent,
    items,
    record: (alias) => input.records.get(alias) ?? unknownRecord(''),
  }
  const scope: Scope = { context, candidateAlias: useCase.candidates.name, derived: new Map() }
  const pool = new Pool(items, plan.sourceNames, plan.capacity)
  const eligibility = new Eligibility(
    items,
    request.exclude,
    request.filter ? compileFilter(request.filter, items) : null,
    useCase.filter.map((filter) => ({ filter, reading: bindReads(filter.reads, scope, null) })),
  )
  await generate(plan, input, scope, pool, eligibility)
  for (let i = 0; i < useCase.filter.length; i++) {
    const { in: came, dropped, failed } = eligibility.counts[i]
    const { name } = useCase.filter[i]
    if (failed > 0) trace.degrade(`filter_failed:${name}`)
    trace.add({
      ...computed('filter', name, came, came - dropped),
      ...(failed > 0 ? { state: 'failed', note: `threw for ${failed}; onMissing decided` } : {}),
    })
  }
  const matrix = featurize(useCase.featurize, pool, scope)
  trace.add(computed('featurize', 'features', pool.size, useCase.featurize.length))
  const scorer = input.scorer ?? plan.prior
  const scores = scorer.score(matrix)
  trace.add(computed('score', useCase.score.name, pool.size, pool.size))
  const rankColumns = useCase.constraints.map((constraint) => constraint.read(pool, scope))
  for (const [{ name }, { failed }] of scope.derived)
    if (failed) trace.degrade(`derive_failed:${name}`)
  const chosen = choose(
    useCase.rank,
    useCase.constraints,
    rankColumns,
    scores,
    request.limit,
    input.rankRandom,
  )
  trace.add({
    ...computed('rank', useCase.rank.name, pool.size, chosen.choices.length),
    ...(chosen.relaxed.length > 0
      ? { note: `constraints gave way at ${chosen.relaxed.join(', ')}` }
      : {}),
  })
  const served = chosen.choices.map(
    ({ index, propensity }, i): SlateItem => ({
      id: pool.idOf(index),
      position: i + 1,
      score: scores[index],
      propensity,
      sources: pool.sourcesOf(index),
      row: index,
    }),
  )
  const slate = {
    pool,
    matrix,
    scores,
    scorer,
    rankColumns,
    chosen,
    context,
    drops: eligibility.drops,
  }
  if (served.length > 0) return { ...slate, items: served }
  return { ...slate, items: fallbackItems(plan, input, eligibility) }
}

function computed(
  stage: 'filter' | 'featurize' | 'score' | 'rank',
  name: string,
  came: number,
  out: number,
) {
  return { stage, name, in: came, out, state: 'ok' as const, ioMs: 0 }
}

const emptyTables = new Map<string, Table>()

function emptyTable(entity: string): Table {
  let table = emptyTables.get(entity)
  if (!table) {
    table = new Table(entity, [], new Map(), 0, 0)
    emptyTables.set(entity, table)
  }
  return table
}

type Answer = Ranking | DrawnIds

async function generate(
  plan: Plan,
  input: DecideInput,
  scope: Scope,
  pool: Pool,
  eligibility: Eligibility,
): Promise<void> {
  const { useCase } = plan
  const { context } = scope
  const { request, trace } = input
  const given = new Map<string, GivenCandidate>()
  for (const candidate of request.candidates ?? [])
    if (!given.has(candidate.id)) given.set(candidate.id, candidate)

  const wanted = useCase.constraints.flatMap((constraint) => constraint.wants?.(context) ?? [])
  if (wanted.length > 0 && !plan.takesCandidates)
    drawInto(
      pool,
      eligibility,
      { ids: wanted.filter((id) => context.items.slotOf(id) >= 0) },
      plan.wantedSource,
      100,
      given,
    )

  const asked = useCase.generate.map((source) => ask(source, scope, input))
  for (let i = 0; i < asked.length; i++) {
    const source = useCase.generate[i]
    const { answer, state, ioMs } = await asked[i]
    if (state === 'late' || state === 'failed') trace.degrade(`source_${state}:${source.name}`)
    // An `ok` without an answer is a source that returned nothing, and that is a failure too.
    const counts =
      state === 'ok'
        ? guardedDraw(pool, eligibility, answer, i, source.limit, given)
        : { considered: 0, drawn: 0 }
    if (counts === null) trace.degrade(`source_failed:${source.name}`)
    trace.add({
      stage: 'generate',
      name: source.name,
      in: counts?.considered ?? 0,
      out: counts?.drawn ?? 0,
      state: counts === null ? 'failed' : state,
      ioMs,
    })
  }
  if (!plan.takesCandidates && pool.size < request.limit)
    fill(plan, pool, eligibility, request.limit, trace)
}

/** A source that answers with nonsense loses its candidates, not the page. */
function guardedDraw(
  pool: Pool,
  eligibility: Eligibility,
  answer: Answer | null,
  source: number,
  limit: number,
  given: ReadonlyMap<string, GivenCandidate>,
) {
  try {
    return drawInto(pool, eligibility, answer as Answer, source, limit, given)
  } catch {
    return null
  }
}

interface Asked {
  readonly answer: Answer | null
  readonly state: 'ok' | 'skipped' | 'late' | 'failed'
  readonly ioMs: number
}

function ask(source: Source, scope: Scope, input: DecideInput): Asked | Promise<Asked> {
  const { context } = scope
  const abort = new AbortController()
  try {
    if (source.when && !source.when(context)) return { answer: null, state: 'skipped', ioMs: 0 }
    const reading = bindReads(source.reads, scope, null)
    if (reading.load(-1, '', -1) !== 0) return { answer: null, state: 'skipped', ioMs: 0 }
    const answer = source.generate(reading.values as never, context, abort.signal)
    if (!(answer instanceof Promise)) return { answer, state: 'ok', ioMs: 0 }
    const started = input.clock.nowMs()
    const left = Math.min(source.timeoutMs ?? Number.POSITIVE_INFINITY, input.deadlineMs - started)
    return within(input.clock, left, answer).then((waited): Asked => {
      const ioMs = input.clock.nowMs() - started
      if (waited.state === 'done') return { answer: waited.value, state: 'ok', ioMs }
      abort.abort()
      return { answer: null, state: waited.state, ioMs }
    })
  } catch {
    return { answer: null, state: 'failed', ioMs: 0 }
  }
}

/** A short page is only right where the catalogue has no more: takes what is eligible, in the table's order. */
function fill(plan: Plan, pool: Pool, eligibility: Eligibility, limit: number, trace: Trace): void {
  const table = pool.table
  const before = pool.size
  for (let slot = 0; slot < table.size && pool.size < limit; slot++)
    if (table.ids[slot] !== '' && !pool.hasSlot(slot) && eligibility.slot(slot))
      pool.addSlot(slot, plan.catalogueSource, 0)
  trace.add({
    stage: 'generate',
    name: plan.sourceNames[plan.catalogueSource],
    in: table.size,
    out: pool.size - before,
    state: 'ok',
    ioMs: 0,
  })
}
