import { describe, expect, it } from 'vitest'
import { baselineNamed, rankTasks } from '../../examples/movielens/baselines.ts'
import { chainLists, rowsUpToLastPositive } from '../../examples/movielens/chain.ts'
import { loadMovieLens } from '../../examples/movielens/dataset.ts'
import { leaveLastOut } from '../../examples/movielens/protocol.ts'
import { summarizeLists } from '../../examples/movielens/ranking-summary.ts'
import { moviesHome } from '../../src/use-cases/movies-home.ts'

describe('movies-home with prior weights, leave-last-out, validation window', () => {
  const data = loadMovieLens()
  const protocol = leaveLastOut(data, 'validation')
  const rows = rowsUpToLastPositive(data, protocol)

  it('sees nothing at or after a hidden target', () => {
    const seen = new Set<string>()
    for (const row of rows) seen.add(`${data.ratings.user[row]}/${data.ratings.movie[row]}`)
    for (const { user, relevant } of protocol.tasks)
      for (const movie of relevant) expect(seen.has(`${user}/${movie}`)).toBe(false)
  })

  it('never shows what the user rated, and fills every list', async () => {
    const few = { ...protocol, tasks: protocol.tasks.slice(0, 40) }
    const lists = await chainLists(data, few, moviesHome, rows)
    lists.forEach((list, n) => {
      expect(list.length).toBe(50)
      expect(list.every((movie) => few.tasks[n].excluded[movie] === 0)).toBe(true)
    })
  })

  it('beats MostPop, item-kNN and EASE on NDCG@10', async () => {
    const ndcg = (lists: Int32Array[]) =>
      summarizeLists(protocol.tasks, lists, data.movies.count).ndcg10
    const chain = ndcg(await chainLists(data, protocol, moviesHome, rows))
    for (const name of ['MostPop', 'ItemKNN_k50', 'EASE_50']) {
      const scorer = baselineNamed(name, data, protocol)
      if (!scorer) throw new Error(name)
      expect(chain, name).toBeGreaterThan(ndcg(rankTasks(data, protocol, scorer)))
    }
  })
})
