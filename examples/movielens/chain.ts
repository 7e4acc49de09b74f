import type { LinearModel } from '../../src/core/linear-model.ts'
import { planOf } from '../../src/core/plan.ts'
import { seededRandom } from '../../src/core/random.ts'
import { recordView } from '../../src/core/record.ts'
import { runChain, type Slate } from '../../src/core/run.ts'
import type { Table } from '../../src/core/table.ts'
import { Trace } from '../../src/core/trace.ts'
import type { UseCase } from '../../src/core/use-case.ts'
import { Item } from '../../stages/entities.ts'
import { topK } from '../../stages/rank/top-k.ts'
import { storedFields, tableOfRecords } from './catalogue.ts'
import type { MovieLens } from './dataset.ts'
import type { RankingProtocol, RankingTask } from './protocol.ts'
import { itemRecords } from './records.ts'
import { movieStatistics, userStatistics } from './statistics.ts'

/**
 * Rows that leave-last-out lets be seen: of each user all ratings up to the last positive that models
 * may see, so that nothing at or after a hidden target is used.
 */
export function rowsUpToLastPositive(data: MovieLens, protocol: RankingProtocol): Int32Array {
  const lastRow = new Int32Array(data.userIds.length).fill(-1)
  for (const row of protocol.positives) lastRow[data.ratings.user[row]] = row
  return allRows(data).filter((row) => row <= lastRow[data.ratings.user[row]])
}

/** Rows strictly before a time in unix seconds. */
export function rowsBefore(data: MovieLens, atS: number): Int32Array {
  return allRows(data).filter((row) => data.ratings.timestampS[row] < atS)
}

function allRows(data: MovieLens): Int32Array {
  return Int32Array.from({ length: data.ratings.count }, (_, row) => row)
}

/** The catalogue as a Worker would hold it, with statistics from `rows` alone. */
export function catalogueTable(data: MovieLens, rows: Int32Array, atS: number): Table {
  const records = itemRecords(data, movieStatistics(data, { rows, atS }), 0)
  return tableOfRecords(Item, records, atS * 1000)
}

/** What a chain made of one task, and the catalogue it drew from. */
export interface TaskSlate {
  readonly task: RankingTask
  readonly slate: Slate
  readonly items: Table
}

/**
 * Runs a use case's whole chain (sources, filters, features, score) for every task, on statistics from
 * `rows` alone; only exploration and rules about the page are left out. `model` null: prior weights.
 */
export async function* chainSlates(
  data: MovieLens,
  protocol: RankingProtocol,
  useCase: UseCase,
  rows: Int32Array,
  model: LinearModel | null = null,
  limit = 50,
): AsyncGenerator<TaskSlate> {
  const items = catalogueTable(data, rows, protocol.atS)
  const users = userStatistics(data, { rows })
  const plan = planOf({ ...useCase, rank: topK(), constraints: [] })
  const scorer = model && useCase.score.bind(useCase.featurize, useCase.objective, model)
  for (const task of protocol.tasks) {
    const slate = await runChain(plan, {
      request: {
        user: { id: String(data.userIds[task.user]), attributes: new Map() },
        context: {},
        candidates: undefined,
        limit,
        exclude: new Set(),
        filter: undefined,
        consent: { personalize: true, train: true },
      },
      recent: [],
      nowMs: task.atS * 1000,
      random: seededRandom(new Uint8Array(16)),
      rankRandom: seededRandom(new Uint8Array(16)),
      clock: { nowMs: () => 0, sleep: () => new Promise(() => {}) },
      deadlineMs: Number.POSITIVE_INFINITY,
      items,
      records: new Map([['user', userRecord(data, task, users.ratingMean[task.user])]]),
      scorer,
      trace: new Trace(),
    })
    yield { task, slate, items }
  }
}

/** The top `limit` of every task by the score of a use case's chain; see {@link chainSlates}. */
export async function chainLists(
  data: MovieLens,
  protocol: RankingProtocol,
  useCase: UseCase,
  rows: Int32Array,
  model: LinearModel | null = null,
): Promise<Int32Array[]> {
  const lists: Int32Array[] = []
  for await (const { slate, items } of chainSlates(data, protocol, useCase, rows, model))
    lists.push(Int32Array.from(slate.items, ({ id }) => items.slotOf(id)))
  return lists
}

function userRecord(data: MovieLens, task: RankingTask, ratingMean: number) {
  const idOf = (movie: number): string => String(data.movies.ids[movie])
  const seen: string[] = []
  for (let movie = 0; movie < task.excluded.length; movie++)
    if (task.excluded[movie]) seen.push(idOf(movie))
  return recordView(
    String(data.userIds[task.user]),
    storedFields({
      batch_seen: seen,
      batch_recent_items: Array.from(task.history.slice(-50).reverse(), idOf),
      batch_rating_count: task.history.length,
      batch_rating_mean: Number.isFinite(ratingMean) ? ratingMean : undefined,
    }),
  )
}
