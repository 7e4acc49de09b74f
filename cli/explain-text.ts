import type { Head, LoggedDecision, LoggedItem } from './logged-decision.ts'

/** How much of a decision is printed. */
export interface ExplainOptions {
  /** Items whose contributions are shown. */
  readonly items: number
  /** Candidates of the pool and dropped ids that are shown. */
  readonly pool: number
}

/** A decision in lines for people: where it came from, what was served and why, what came of it. */
export function explainLines(decision: LoggedDecision, options: ExplainOptions): string[] {
  return [
    ...headLines(decision),
    ...section('served', servedLines(decision)),
    ...section('why', whyLines(decision, options.items)),
    ...section(
      `pool: ${decision.pool.length} reached the ranker`,
      poolLines(decision, options.pool),
    ),
    ...section('dropped', droppedLines(decision, options.pool)),
    ...section('trace', traceLines(decision)),
    ...section('outcomes so far', outcomeLines(decision)),
  ]
}

function section(title: string, lines: readonly string[]): string[] {
  return ['', title, ...(lines.length > 0 ? lines : ['none']).map((line) => `  ${line}`)]
}

function headLines(decision: LoggedDecision): string[] {
  const { request, degraded, relaxed } = decision
  return [
    `${decision.useCase}  ${decision.decisionId}  ${timeText(decision.decidedAt)}`,
    `model ${decision.model ?? 'none (prior weights)'}, variant ${decision.variant}, user ${request.user?.id ?? 'guest'}`,
    ...(degraded.length > 0 ? [`degraded: ${degraded.join(', ')}`] : []),
    ...(relaxed.length > 0 ? [`constraints gave way at position ${relaxed.join(', ')}`] : []),
    ...(decision.complete ? [] : ['incomplete: candidates had to go so that the record fits']),
  ]
}

function servedLines({ items, outcomes }: LoggedDecision): string[] {
  return table(
    ['#', 'item', 'score', 'propensity', 'sources', 'outcomes'],
    items.map((item) => [
      `${item.position}`,
      item.id,
      numberText(item.score),
      numberText(item.propensity),
      item.sources.join(' '),
      outcomes.flatMap((one) => (one.item === item.id ? one.outcomes : [])).join(' '),
    ]),
  )
}

function whyLines({ items }: LoggedDecision, most: number): string[] {
  const lines = items
    .slice(0, most)
    .flatMap((item) => [`${item.position}. ${item.id}`, ...reasons(item)])
  return items.length > most ? [...lines, `… and ${items.length - most} more: --items N`] : lines
}

function reasons({ explanation, features, score }: LoggedItem): string[] {
  if (explanation !== null)
    return 'heads' in explanation
      ? Object.entries(explanation.heads).flatMap(([name, head]) => [
          `  ${name}`,
          ...headReasons(head),
        ])
      : headReasons(explanation)
  if (score === null) return ['  served as fallback: it was not scored']
  return table(
    ['feature', 'value', 'status'],
    Object.entries(features).map(([name, { value, status }]) => [name, valueText(value), status]),
  ).map((line) => `  ${line}`)
}

function headReasons({ raw, bias, link, contributions }: Head): string[] {
  const rows = contributions
    .toSorted((a, b) => Math.abs(b.contribution) - Math.abs(a.contribution))
    .map((one) => [
      one.feature,
      valueText(one.value),
      one.status,
      typeof one.input === 'number' ? numberText(one.input) : one.input,
      numberText(one.weight),
      numberText(one.contribution),
    ])
  const lines = table(['feature', 'value', 'status', 'input', 'weight', 'contribution'], rows)
  return [...lines, `bias ${numberText(bias)}, raw ${numberText(raw)}, link ${link}`].map(
    (line) => `  ${line}`,
  )
}

function poolLines({ pool, items }: LoggedDecision, most: number): string[] {
  const positions = new Map(items.map(({ id, position }) => [id, `${position}`]))
  const sorted = pool.toSorted((a, b) => (b.score ?? 0) - (a.score ?? 0))
  const lines = table(
    ['item', 'score', 'sources', 'position'],
    sorted
      .slice(0, most)
      .map(({ id, score, sources }) => [
        id,
        numberText(score),
        sources.join(' '),
        positions.get(id) ?? '',
      ]),
  )
  return pool.length > most ? [...lines, `… and ${pool.length - most} more: --pool N`] : lines
}

/** By stage and reason: the trace has how many, the record the first of them by name. */
function droppedLines({ dropped, trace }: LoggedDecision, most: number): string[] {
  const groups = Map.groupBy(dropped, ({ stage, reason }) => `${stage}: ${reason}`)
  const counts = new Map(
    trace.map(({ stage, name, in: came, out }) => [`${stage} ${name}`, came - out]),
  )
  return [...groups].map(([name, list]) => {
    const all = counts.get(`filter ${list[0].stage}`)
    const of = all !== undefined && all > list.length ? ` of ${all} by this filter` : ''
    const ids = list.slice(0, most).map(({ id }) => id)
    return `${name}: ${list.length}${of}: ${ids.join(' ')}${list.length > most ? ' …' : ''}`
  })
}

function traceLines({ trace }: LoggedDecision): string[] {
  return table(
    ['stage', 'name', 'in', 'out', 'state', 'waited ms', ''],
    trace.map((one) => [
      one.stage,
      one.name,
      `${one.in}`,
      `${one.out}`,
      one.state,
      one.ioMs > 0 ? `${one.ioMs}` : '',
      one.note ?? '',
    ]),
  )
}

function outcomeLines({ outcomes, decidedAt }: LoggedDecision): string[] {
  return outcomes.map((one) => {
    const delay = `+${((one.at - decidedAt) / 1_000).toFixed(1)} s`
    const value = one.value === null ? '' : ` ${one.value}`
    const as = one.outcomes.length > 0 ? ` → ${one.outcomes.join(', ')}` : ''
    const undone = one.retracts === null ? '' : ` takes back ${one.retracts}`
    const trust = one.trust === 'counted' ? '' : ` (not counted: ${one.trust})`
    return `${delay} ${one.type}${value} ${one.item ?? ''}${undone}${as}${trust}  ${one.id}`
  })
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  if (rows.length === 0) return []
  const all = [head, ...rows]
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column].length)))
  return all.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]))
      .join('  ')
      .trimEnd(),
  )
}

function numberText(value: number | null): string {
  return value === null ? '–' : `${Number(value.toPrecision(6))}`
}

function valueText(value: number | readonly string[]): string {
  return typeof value === 'number' ? numberText(value) : value.join(' ') || '–'
}

function timeText(ms: number): string {
  return new Date(ms).toISOString()
}
