import * as z from 'zod'
import { binary } from './binary.ts'
import { candidates } from './candidates.ts'
import type { GoldenFormat } from './format.ts'
import { generators, hashes } from './generators.ts'
import { movielensRanking } from './movielens.ts'
import { movielensPointwise } from './movielens-pointwise.ts'
import { offPolicy } from './off-policy.ts'
import { propensity } from './propensity.ts'
import { ranking } from './ranking.ts'
import { simulatorReference, smallSimulators } from './simulator.ts'
import { ftrlStreams, logisticRegressions } from './trainers.ts'

/** Every format that can be recomputed. */
export const formats: readonly GoldenFormat[] = [
  ranking,
  binary,
  offPolicy,
  ftrlStreams,
  logisticRegressions,
  propensity,
  candidates,
  smallSimulators,
  hashes,
  generators,
  movielensRanking,
  movielensPointwise,
  simulatorReference,
]

const openBandit = z.looseObject({ on_policy: z.looseObject({}), bts_replica: z.looseObject({}) })

/** Why a document of a known shape is left alone; null for all others. */
export function reasonToSkip(document: unknown): string | null {
  if (openBandit.safeParse(document).success) {
    return 'ref_open_bandit: needs the Open Bandit logs, which are not in this repository'
  }
  return null
}
