import * as z from 'zod'
import { defineUseCase } from '../../src/core/index.ts'
import { Item, User } from '../../stages/entities.ts'
import { inStock } from '../../stages/filter/in-stock.ts'
import { notSeen } from '../../stages/filter/not-seen.ts'
import { neighbours } from '../../stages/generate/neighbours.ts'
import { popular } from '../../stages/generate/popular.ts'
import { newest } from '../../stages/generate/recent.ts'
import { requested } from '../../stages/generate/requested.ts'
import { tasteMatches } from '../../stages/generate/taste-matches.ts'
import { trending } from '../../stages/generate/trending.ts'
import { maxPerGroup } from '../../stages/rank/max-per-group.ts'
import { plackettLuce } from '../../stages/rank/plackett-luce.ts'
import { topK } from '../../stages/rank/top-k.ts'
import { linear } from '../../stages/score/linear.ts'
import { columns, computed, shared } from './features.ts'
import { personal } from './personal.ts'
import { BIAS, CATEGORY_WEIGHTS, NUMBER_WEIGHTS } from './weights.ts'

const common = {
  owner: 'bench',
  candidates: Item,
  request: { device: z.enum(['phone', 'tablet', 'desk', 'tv']).optional() },
  context: {
    user: {
      entity: User,
      id: (request: { readonly user: { readonly id: string | undefined } }) => request.user.id,
    },
  },
  filter: [notSeen, inStock],
  featurize: [...columns, ...computed, ...shared, ...personal],
  score: linear({
    link: 'logit',
    bias: BIAS,
    prior: {
      ...NUMBER_WEIGHTS,
      genres: { values: CATEGORY_WEIGHTS.genres },
      decade: { values: CATEGORY_WEIGHTS.decade },
    },
  }),
  objective: { click: 1 },
  exposure: 'served',
  fallback: [],
  budgetMs: 10_000,
  coldBudgetMs: 10_000,
  publicExplain: true,
} as const

/** Ranks 500 candidates that come with the request, without chance: its page can be compared. */
export const given = defineUseCase({
  ...common,
  id: 'bench-given',
  generate: [requested],
  rank: topK(),
})

/** Draws its own 500 from the whole catalogue, explores, and mixes genres. */
export const drawn = defineUseCase({
  ...common,
  id: 'bench-drawn',
  generate: [neighbours, tasteMatches, popular, trending, newest],
  rank: plackettLuce({ temperature: 0.03 }),
  constraints: [maxPerGroup(Item, 'genres', 12)],
})
