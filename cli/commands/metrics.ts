import type { Command } from 'commander'
import { adminClient } from '../client.ts'
import { UsageError } from '../errors.ts'
import { settingsFrom } from '../settings.ts'

interface Rate {
  readonly rate: number
  readonly low: number | null
  readonly high: number | null
}

interface Line {
  readonly decisions: number
  readonly served: number
  readonly impressions: number
  readonly outcomes: Readonly<Record<string, number>>
  readonly rates: Readonly<Record<string, Rate | null>>
}

interface Metrics {
  readonly from: number
  readonly to: number
  readonly by: string | null
  readonly exposure: string
  readonly total: Line
  readonly groups: readonly (Line & { readonly key: string | number | null })[]
}

interface Options {
  readonly by?: string
  readonly from?: string
  readonly to?: string
  readonly recount?: boolean
  readonly json?: boolean
}

const AXES = ['variant', 'model', 'position', 'hour']

/** Adds `metrics USE_CASE`. */
export function addMetrics(program: Command): void {
  program
    .command('metrics')
    .description('show decisions, impressions, outcomes and rates of a use case')
    .argument('<use-case>', 'such as movies-home')
    .option('--by <axis>', `${AXES.join(', ')}`)
    .option('--from <time>', 'epoch ms, or RFC 3339; default: 24 hours before --to')
    .option('--to <time>', 'default: the end of this hour')
    .option('--recount', 'count again from the lake, and fail where that is not the same')
    .option('--json', 'print one JSON document')
    .action(async (useCase: string, options: Options) => {
      if (options.by !== undefined && !AXES.includes(options.by))
        throw new UsageError(`--by: expected ${AXES.join(', ')}, not '${options.by}'`)
      const counted = await metricsOf(useCase, options, 'counters')
      // The same hours, should one have begun meanwhile.
      const span = { ...options, from: String(counted.from), to: String(counted.to) }
      const lake = options.recount ? await metricsOf(useCase, span, 'lake') : null
      const same = lake === null ? null : isSame(counted, lake)
      if (options.json) console.log(JSON.stringify({ ...counted, ...(lake ? { lake, same } : {}) }))
      else print(counted, lake, same)
      if (same === false) process.exitCode = 1
    })
}

function metricsOf(useCase: string, { by, from, to }: Options, source: string): Promise<Metrics> {
  const query = new URLSearchParams({ source })
  for (const [name, value] of Object.entries({ by, from, to }))
    if (value !== undefined) query.set(name, value)
  const path = `/v1/metrics/${encodeURIComponent(useCase)}?${query}`
  return adminClient(settingsFrom(process.env)).call<Metrics>('GET', path)
}

function isSame(a: Metrics, b: Metrics): boolean {
  const sorted = ({ groups }: Metrics) => groups.map((group) => JSON.stringify(group)).sort()
  return JSON.stringify([a.total, sorted(a)]) === JSON.stringify([b.total, sorted(b)])
}

function print(metrics: Metrics, lake: Metrics | null, same: boolean | null): void {
  const { from, to, by, exposure, total, groups } = metrics
  const time = (ms: number) => new Date(ms).toISOString()
  console.log(`${time(from)} to ${time(to)}; rates of ${exposure}s`)
  const label = (key: string | number | null) =>
    by === 'hour' ? time(Number(key)) : (key ?? (by === 'model' ? 'prior weights' : 'not said'))
  for (const line of groups) console.log(text(String(label(line.key)), line))
  console.log(text('all', total))
  if (lake === null) return
  console.log(text('all, from the lake', lake.total))
  console.log(same ? 'the lake says the same' : 'the lake says otherwise')
}

function text(label: string, { decisions, impressions, outcomes, rates }: Line): string {
  const told = Object.entries(outcomes).map(([name, count]) => {
    const rate = rates[name]
    if (!rate) return `${name} ${count}`
    const percent = (share: number) => `${(100 * share).toFixed(2)} %`
    const { low, high } = rate
    const range = low === null || high === null ? '' : ` [${percent(low)}, ${percent(high)}]`
    return `${name} ${count} (${percent(rate.rate)}${range})`
  })
  return `${label}: ${[`decisions ${decisions}`, `impressions ${impressions}`, ...told].join(', ')}`
}
