import { describe, expect, it } from 'vitest'
import { baselineNamed, rankTasks } from '../../examples/movielens/baselines.ts'
import { loadMovieLens } from '../../examples/movielens/dataset.ts'
import {
  leaveLastOut,
  type RankingProtocol,
  temporalTrain,
} from '../../examples/movielens/protocol.ts'
import { randomSummary, summarizeLists } from '../../examples/movielens/ranking-summary.ts'
import reference from '../golden/ref_movielens_ranking.json'

type Row = Record<string, number>
const temporal: Record<
  'all' | 'warm5',
  Record<string, Row>
> = reference.temporal_train_validation_window
const lastOut: Record<string, Row> = reference.lloo_validation
const data = loadMovieLens()

function expectReference(name: string, protocol: RankingProtocol, expected: Row): void {
  const scorer = baselineNamed(name, data, protocol)
  const actual: Partial<Row> =
    scorer === null
      ? { ...randomSummary(protocol.tasks, data.movies.count) }
      : {
          ...summarizeLists(protocol.tasks, rankTasks(data, protocol, scorer), data.movies.count),
        }
  for (const [metric, value] of Object.entries(expected)) {
    expect(Math.abs(actual[metric]! - value), metric).toBeLessThan(reference.tolerance_abs)
  }
}

describe('leave-last-out, validation', () => {
  const protocol = leaveLastOut(data, 'validation')
  it.each([
    'Random(expected)',
    'MostPop',
    'DecayPop(global T)_365d',
    'DecayPop(point-in-time)_90d',
    'ItemKNN_k50',
    'EASE_500',
  ])('%s has the numbers of the reference', (name) => {
    expectReference(name, protocol, lastOut[name])
  })

  it('hides the target from the models and offers it as a candidate', () => {
    for (const task of protocol.tasks) {
      for (const target of task.relevant) {
        expect(task.history).not.toContain(target)
        expect(task.excluded[target]).toBe(0)
      }
    }
  })
})

describe('temporal split, validation', () => {
  const protocol = temporalTrain(data, 'validation')
  const warm = { ...protocol, tasks: protocol.tasks.filter((task) => task.history.length >= 5) }
  it.each(['MostPop', 'DecayPop_90d', 'ItemKNN_k20'])('%s, all and warm users', (name) => {
    expectReference(name, protocol, temporal.all[name])
    expectReference(name, warm, temporal.warm5[name])
  })
})
