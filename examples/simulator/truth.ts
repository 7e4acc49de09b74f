import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { sigmoid } from '../../src/core/linear-model.ts'
import type { Relevance } from '../../src/model/simulator.ts'

/** The ground truth of the click simulator; arrays run over users or items. */
export interface SimulatorTruth {
  readonly userIds: readonly number[]
  readonly movieIds: readonly number[]
  /** Number of ratings of 4 and more. */
  readonly positives: Float64Array
  /** sigmoid(mu + b[u] + c[i] + p[u].q[i]). */
  readonly relevance: Relevance
}

interface TruthFile {
  mu: number
  userId: number[]
  b: number[]
  p: number[][]
  movieId: number[]
  positives: number[]
  c: number[]
  q: number[][]
}

/** Reads `truth.json.gz` (default: the copy beside this file). */
export function loadTruth(
  path: string = fileURLToPath(new URL('./data/truth.json.gz', import.meta.url).href),
): SimulatorTruth {
  const file = JSON.parse(gunzipSync(readFileSync(path)).toString('utf8')) as TruthFile
  const users = file.userId.length
  const items = file.movieId.length
  const rel = new Float64Array(users * items)
  for (let u = 0; u < users; u++) {
    for (let i = 0; i < items; i++) {
      let margin = file.mu + file.b[u] + file.c[i]
      for (let d = 0; d < file.p[u].length; d++) margin += file.p[u][d] * file.q[i][d]
      rel[u * items + i] = sigmoid(margin)
    }
  }
  return {
    userIds: file.userId,
    movieIds: file.movieId,
    positives: Float64Array.from(file.positives),
    relevance: { users, items, rel },
  }
}
