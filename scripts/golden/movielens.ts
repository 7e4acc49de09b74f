import * as z from 'zod'
import { baselineNamed, rankTasks } from '../../examples/movielens/baselines.ts'
import { loadMovieLens, type MovieLens } from '../../examples/movielens/dataset.ts'
import {
  cutsOf,
  leaveLastOut,
  type RankingProtocol,
  temporalTrain,
} from '../../examples/movielens/protocol.ts'
import { randomSummary, summarizeLists } from '../../examples/movielens/ranking-summary.ts'
import type { Comparison } from './comparison.ts'
import { goldenFormat } from './format.ts'

const rows = z.record(z.string(), z.record(z.string(), z.number()))
const windows = z.object({ all: rows, warm5: rows.optional() })

const schema = z.object({
  T80: z.number(),
  T90: z.number(),
  n_items: z.number(),
  tolerance_abs: z.number(),
  temporal_train_validation_window: windows.optional(),
  temporal_train_test_window: windows.optional(),
  lloo_users: z.number().optional(),
  lloo_validation: rows.optional(),
  lloo_test: rows.optional(),
})

type Rows = z.infer<typeof rows>
type Tasks = RankingProtocol['tasks']

/** The baselines of the MovieLens ranking protocols; a case is one row of a table. */
export const movielensRanking = goldenFormat(
  'ref_movielens_ranking',
  schema,
  (file, comparison) => {
    const data = loadMovieLens()
    const { t80, t90 } = cutsOf(data)
    const actual = { T80: t80, T90: t90, n_items: data.movies.count }
    comparison.compare('', { T80: file.T80, T90: file.T90, n_items: file.n_items }, actual)
    const tolerance = { absolute: file.tolerance_abs }
    const compareTable = table(data, comparison, tolerance)
    for (const window of ['validation', 'test'] as const) {
      const temporal = file[`temporal_train_${window}_window`]
      if (temporal !== undefined) {
        const protocol = temporalTrain(data, window)
        const warm = protocol.tasks.filter((task) => task.history.length >= 5)
        compareTable(`temporal_train ${window}`, protocol, [
          { label: 'all', expected: temporal.all, tasks: protocol.tasks },
          { label: 'warm5', expected: temporal.warm5 ?? {}, tasks: warm },
        ])
      }
      const lastOut = file[`lloo_${window}`]
      if (lastOut !== undefined) {
        const protocol = leaveLastOut(data, window)
        comparison.compare('lloo_users', file.lloo_users ?? null, protocol.tasks.length)
        compareTable(`lloo ${window}`, protocol, [
          { label: 'all', expected: lastOut, tasks: protocol.tasks },
        ])
      }
    }
  },
)

function table(data: MovieLens, comparison: Comparison, tolerance: { absolute: number }) {
  return (
    path: string,
    protocol: RankingProtocol,
    parts: { label: string; expected: Rows; tasks: Tasks }[],
  ): void => {
    const names = new Set(parts.flatMap(({ expected }) => Object.keys(expected)))
    for (const name of names) {
      const scorer = baselineNamed(name, data, protocol)
      const lists = scorer === null ? null : rankTasks(data, protocol, scorer)
      const listOf = new Map(protocol.tasks.map((task, n) => [task, lists?.[n]]))
      for (const { label, expected, tasks } of parts) {
        if (!(name in expected)) continue
        comparison.cases++
        const summary =
          lists !== null
            ? summarizeLists(
                tasks,
                tasks.map((task) => listOf.get(task)!),
                data.movies.count,
              )
            : name === 'Random(expected)'
              ? randomSummary(tasks, data.movies.count)
              : null
        comparison.compare(`${path} ${label} ${name}`, expected[name], summary, tolerance)
      }
    }
  }
}
