import { HOUR_MS } from '../core/duration.ts'
import { wilson } from '../core/interval.ts'
import type { Plan } from '../core/plan.ts'
import {
  linesOf,
  METRIC_AXES,
  type MetricAxis,
  type MetricLines,
  type MetricQuery,
} from '../wheel/metric-groups.ts'
import { MAX_PARTS, recountFromLake } from '../wheel/metric-recount.ts'
import { keptFromMs } from '../wheel/metric-rows.ts'
import type { Runtime } from '../wheel/runtime.ts'
import { metricFamilies } from './metrics-families.ts'
import { OPEN_METRICS, openMetrics } from './metrics-text.ts'
import { Problem } from './problem.ts'
import { json, type Route } from './route.ts'
import { TIME_EXPECTED, timeMs } from './times.ts'
import { planOfPath } from './use-cases.ts'

/** `GET /v1/metrics/{useCase}`: decisions and what came of them. `GET /metrics`: the same for machines. */
export function metricRoutes(runtime: Runtime): Route[] {
  return [
    {
      method: 'GET',
      path: '/v1/metrics/:useCase',
      access: 'secret',
      async handle(call) {
        const plan = planOfPath(runtime, call, 'useCase')
        const { source, ...query } = queryOf(new URL(call.request.url), runtime.clock.nowMs())
        const lines =
          source === 'lake'
            ? await recounted(runtime, plan, query)
            : await runtime.metrics.read(plan.useCase.id, query)
        return json({
          useCase: plan.useCase.id,
          from: query.fromMs,
          to: query.toMs,
          by: query.by,
          source,
          exposure: plan.useCase.exposure,
          keptFrom: keptFromMs(runtime.clock.nowMs()),
          total: withRates(runtime, plan, lines.total),
          groups: lines.groups.map((line) => ({
            key: line.key,
            ...withRates(runtime, plan, line),
          })),
        })
      },
    },
    {
      method: 'GET',
      path: '/metrics',
      access: 'secret',
      async handle(call) {
        return new Response(openMetrics(await metricFamilies(runtime, call)), {
          headers: { 'content-type': OPEN_METRICS, 'cache-control': 'no-store' },
        })
      },
    },
  ]
}

const PARAMETERS = ['from', 'to', 'by', 'source']

function queryOf({ searchParams }: URL, nowMs: number) {
  const errors = [...new Set(searchParams.keys())]
    .filter((name) => !PARAMETERS.includes(name) || searchParams.getAll(name).length > 1)
    .map((path) => ({ path, message: `expected ${PARAMETERS.join(', ')}, each once` }))
  const time = (name: string, otherwise: number) => {
    const text = searchParams.get(name)
    if (text === null) return otherwise
    const ms = timeMs(/^\d+$/.test(text) ? Number(text) : text)
    if (ms === null) errors.push({ path: name, message: TIME_EXPECTED })
    return ms ?? otherwise
  }
  const oneOf = <T extends string>(name: string, values: readonly T[]): T | null => {
    const text = searchParams.get(name)
    if (text === null || values.includes(text as T)) return text as T | null
    errors.push({ path: name, message: `expected ${values.join(', ')}` })
    return null
  }
  const nextHourMs = (Math.floor(nowMs / HOUR_MS) + 1) * HOUR_MS
  const toMs = Math.ceil(time('to', nextHourMs) / HOUR_MS) * HOUR_MS
  const fromMs = Math.floor(time('from', toMs - 24 * HOUR_MS) / HOUR_MS) * HOUR_MS
  const by: MetricAxis | null = oneOf('by', METRIC_AXES)
  const source = oneOf('source', ['counters', 'lake'] as const) ?? 'counters'
  if (errors.length === 0 && fromMs >= toMs)
    errors.push({ path: 'from', message: 'expected a time before `to`' })
  if (errors.length > 0)
    throw new Problem(400, 'invalid_request', `${errors[0].path}: ${errors[0].message}`, { errors })
  return { fromMs, toMs, by, source }
}

async function recounted(
  { lake, events, outcomes, clock }: Runtime,
  { useCase }: Plan,
  { fromMs, toMs, by }: MetricQuery,
): Promise<MetricLines> {
  const cells = await recountFromLake({
    ...{ bucket: lake, useCase: useCase.id, events, outcomes, fromMs, toMs },
    nowMs: clock.nowMs(),
  })
  if (cells === null)
    throw new Problem(
      422,
      'over_cap',
      `These hours have more than ${MAX_PARTS} parts in the lake: ask for fewer.`,
    )
  return linesOf(cells, by)
}

/** Every outcome that is declared is there, counted or not. */
function withRates({ outcomes }: Runtime, { useCase }: Plan, line: MetricLines['total']) {
  const counts: Record<string, number> = {
    ...Object.fromEntries(outcomes.map(({ name }) => [name, 0])),
    ...line.outcomes,
  }
  const exposures = useCase.exposure === 'served' ? line.served : line.impressions
  return {
    decisions: line.decisions,
    served: line.served,
    impressions: line.impressions,
    outcomes: counts,
    rates: Object.fromEntries(
      Object.entries(counts).map(([name, count]) => [name, rateOf(count, exposures)]),
    ),
  }
}

/** Of what was exposed. More outcomes than exposures are no share, and have no interval. */
function rateOf(count: number, exposures: number) {
  if (exposures === 0) return null
  const { low = null, high = null } = wilson(count, exposures) ?? {}
  return { rate: count / exposures, low, high }
}
