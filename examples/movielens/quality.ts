import { parseArgs } from 'node:util'
import { moviesHome } from '../../src/use-cases/movies-home.ts'
import { baselineNamed, rankTasks } from './baselines.ts'
import { chainLists, rowsBefore, rowsUpToLastPositive } from './chain.ts'
import { loadMovieLens, type MovieLens } from './dataset.ts'
import { leaveLastOut, type RankingProtocol, temporalTrain, type Window } from './protocol.ts'
import { type RankingSummary, randomSummary, summarizeLists } from './ranking-summary.ts'

type Row = Omit<RankingSummary, `se_${string}`> & Partial<RankingSummary>
type Rows = Record<string, Row>

const LLOO = [
  'MostPop',
  'DecayPop(global T)_90d',
  'DecayPop(global T)_365d',
  'ItemKNN_k50',
  'EASE_50',
  'EASE_500',
]
const TEMPORAL = ['MostPop', 'DecayPop_90d', 'DecayPop_365d', 'ItemKNN_k50', 'EASE_50', 'EASE_500']
const WARM_POSITIVES = 5

const { values: options } = parseArgs({
  options: {
    window: { type: 'string', default: 'validation' },
    json: { type: 'boolean', default: false },
  },
})
if (options.window !== 'validation' && options.window !== 'test') {
  console.error('--window is validation or test')
  process.exit(2)
}

const data = loadMovieLens()
const result = await quality(data, options.window)
if (options.json) console.log(JSON.stringify(named(result, options.window), null, 2))
else
  for (const [protocol, rows] of Object.entries({
    lloo: result.lloo,
    temporal_train: result.temporal.all,
    'temporal_train, warm5': result.temporal.warm5,
  })) {
    console.log(`\n${protocol}, ${options.window} window, ${Object.values(rows)[0].users} users`)
    console.table(
      Object.fromEntries(Object.entries(rows).map(([name, row]) => [name, rounded(row)])),
    )
  }

/** The rows of both protocols: the chain with its prior weights beside the baselines. */
async function quality(data: MovieLens, window: Window) {
  const lloo = leaveLastOut(data, window)
  const temporal = temporalTrain(data, window)
  const [all, warm] = await temporalRows(data, temporal)
  return {
    temporal: { all, warm5: warm },
    lloo: await rowsOf(data, lloo, LLOO, rowsUpToLastPositive(data, lloo)),
  }
}

/** Under the names that the reference tables use. */
function named(result: Awaited<ReturnType<typeof quality>>, window: Window) {
  return {
    window,
    chain: moviesHome.id,
    [`temporal_train_${window}_window`]: result.temporal,
    [`lloo_${window}`]: result.lloo,
  }
}

async function rowsOf(
  data: MovieLens,
  protocol: RankingProtocol,
  names: readonly string[],
  visible: Int32Array,
): Promise<Rows> {
  const lists = await listsOf(data, protocol, names, visible)
  return summaries(data, protocol, lists, () => true)
}

async function temporalRows(data: MovieLens, protocol: RankingProtocol): Promise<[Rows, Rows]> {
  const lists = await listsOf(data, protocol, TEMPORAL, rowsBefore(data, protocol.atS))
  const warm = (task: number) => protocol.tasks[task].history.length >= WARM_POSITIVES
  return [summaries(data, protocol, lists, () => true), summaries(data, protocol, lists, warm)]
}

async function listsOf(
  data: MovieLens,
  protocol: RankingProtocol,
  names: readonly string[],
  visible: Int32Array,
): Promise<Map<string, Int32Array[]>> {
  const lists = new Map<string, Int32Array[]>()
  for (const name of names) {
    const scorer = baselineNamed(name, data, protocol)
    if (scorer) lists.set(name, rankTasks(data, protocol, scorer))
  }
  lists.set(moviesHome.id, await chainLists(data, protocol, moviesHome, visible))
  return lists
}

function summaries(
  data: MovieLens,
  protocol: RankingProtocol,
  lists: ReadonlyMap<string, Int32Array[]>,
  keep: (task: number) => boolean,
): Rows {
  const kept = Array.from(protocol.tasks.keys()).filter(keep)
  const tasks = kept.map((task) => protocol.tasks[task])
  const rows: Rows = { 'Random(expected)': randomSummary(tasks, data.movies.count) }
  for (const [name, all] of lists)
    rows[name] = summarizeLists(
      tasks,
      kept.map((task) => all[task]),
      data.movies.count,
    )
  return rows
}

function rounded({ users: _, ...row }: Row): Record<string, number> {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, Math.round((value as number) * 1e4) / 1e4]),
  )
}
