import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { AdminClient } from '../../cli/client.ts'
import { importEntities } from '../../cli/import-entities.ts'
import { progressBar } from '../../cli/progress.ts'
import { loadMovieLens } from './dataset.ts'
import { itemRecords, userRecords } from './records.ts'
import { historyShiftMs } from './shift.ts'
import { movieStatistics, userStatistics } from './statistics.ts'

/**
 * Fills a Worker with MovieLens: films with their batch statistics and neighbours, users with their
 * history. `shiftFile` keeps how far the first import moved the history in time, so that a repeated
 * one moves it the same.
 */
export async function importMovieLens(client: AdminClient, shiftFile: string): Promise<void> {
  const data = loadMovieLens()
  const lastMs = data.ratings.timestampS[data.ratings.count - 1] * 1000
  const shiftMs = fixedShift(shiftFile, lastMs)
  const items = itemRecords(data, movieStatistics(data), shiftMs)
  const users = userRecords(data, userStatistics(data))
  for (const [entity, records] of [
    ['user', users],
    ['item', items],
  ] as const) {
    const bar = progressBar(`MovieLens ${entity}s`, records.length)
    const report = await importEntities(client, entity, records, bar.advance).finally(bar.stop)
    if (report.rejected.length > 0)
      throw new Error(`${entity} ${report.rejected[0].id}: ${report.rejected[0].message}`)
  }
}

function fixedShift(path: string, lastMs: number): number {
  if (existsSync(path)) return JSON.parse(readFileSync(path, 'utf8')).shiftMs
  const shiftMs = historyShiftMs(lastMs, Date.now())
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, JSON.stringify({ shiftMs }))
  return shiftMs
}
