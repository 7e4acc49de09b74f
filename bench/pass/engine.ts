import * as z from 'zod'
import { choose } from '../../src/core/choose.ts'
import type { DecisionContext } from '../../src/core/context.ts'
import { featurize } from '../../src/core/featurize.ts'
import {
  bindLinear,
  column,
  defineEntity,
  type Entity,
  type Feature,
  feature,
  priorHead,
} from '../../src/core/index.ts'
import { Pool } from '../../src/core/pool.ts'
import { seededRandom } from '../../src/core/random.ts'
import { recordView } from '../../src/core/record.ts'
import { topK } from '../../stages/rank/top-k.ts'
import { attributeName, type Catalogue } from './catalogue.ts'
import { featureName, weightOf } from './mixture.ts'

/** The engine's own pass over a pool: features, scores, the best `limit`. */
export interface EnginePass {
  /** Ids of the best, best first. */
  run(limit: number): string[]
  /** Only the scores. */
  score(): Float64Array
}

/** What the text of a chain needs. */
export interface Definitions {
  readonly feature: typeof feature
  readonly column: typeof column
  readonly Item: Entity
  readonly User: Entity
}

/** Binds the engine to a catalogue of made-up records with `features` features. */
export function enginePass(
  catalogue: Catalogue,
  chainOf: (definitions: Definitions) => readonly Feature[],
  features: number,
): EnginePass {
  const chain = chainOf(definitions(features))
  const scorer = bindLinear(
    { heads: [priorHead('click', { prior: priorOf(features) })], objective: { click: 1 } },
    chain,
  )
  const { table, candidates } = catalogue
  const pool = new Pool(table, ['source'], candidates.length)
  for (const slot of candidates) pool.addSlot(slot, 0, 0)
  const context = contextOf(catalogue)
  const featurized = () =>
    featurize(chain, pool, { context, candidateAlias: 'item', derived: new Map() })
  const ready = featurized()
  const ranker = topK()
  return {
    run(limit) {
      const scores = scorer.score(featurized())
      const { choices } = choose(ranker, [], [], scores, limit, context.random)
      return choices.map(({ index }) => pool.idOf(index))
    },
    score: () => scorer.score(ready),
  }
}

function definitions(count: number): Definitions {
  const names = Array.from({ length: count }, (_, i) => attributeName(i))
  const attributes = Object.fromEntries(names.map((name) => [name, z.number().optional()]))
  return {
    feature,
    column,
    Item: defineEntity('item', { layout: 'paged', owner: 'bench', attributes }),
    User: defineEntity('user', { layout: 'keyed', owner: 'bench', attributes }),
  }
}

function priorOf(count: number): Record<string, number> {
  return Object.fromEntries(Array.from({ length: count }, (_, i) => [featureName(i), weightOf(i)]))
}

function contextOf({ table, user }: Catalogue): DecisionContext {
  const stored = Object.entries(user).map(
    ([name, value]) => [name, { value, status: 'present' as const, updatedAtMs: 0 }] as const,
  )
  const record = recordView('u', new Map(stored))
  return {
    nowMs: 0,
    random: seededRandom(new Uint8Array(16)),
    request: {
      user: { id: 'u', attributes: new Map() },
      context: {},
      candidates: undefined,
      limit: 20,
      exclude: new Set(),
      filter: undefined,
      consent: { personalize: true, train: true },
    },
    recent: [],
    items: table,
    record: () => record,
  }
}
