import { defineUseCase } from 'edgewheel'
import { Item, User } from '../../stages/entities.ts'
import { bm25 } from '../../stages/featurize/bm25.ts'
import { genreMatch } from '../../stages/featurize/genre-match.ts'
import { genres } from '../../stages/featurize/genres.ts'
import { heat90d } from '../../stages/featurize/heat-90d.ts'
import { historySimilarity } from '../../stages/featurize/history-similarity.ts'
import { popularity } from '../../stages/featurize/popularity.ts'
import { ratingMean } from '../../stages/featurize/rating-mean.ts'
import { yearGap } from '../../stages/featurize/year-gap.ts'
import { inStock } from '../../stages/filter/in-stock.ts'
import { requested } from '../../stages/generate/requested.ts'
import { topK } from '../../stages/rank/top-k.ts'
import { linear } from '../../stages/score/linear.ts'

export const moviesRerank = defineUseCase({
  id: 'movies-rerank',
  owner: 'search-team',
  about: 'A search page in the order this visitor would want it.',
  candidates: Item,
  context: { user: { entity: User, id: (request) => request.user.id } },
  generate: [requested],
  filter: [inStock],
  featurize: [
    bm25,
    popularity,
    heat90d,
    ratingMean,
    historySimilarity,
    genreMatch,
    yearGap,
    genres,
  ],
  score: linear({
    link: 'logit',
    bias: -4,
    prior: { bm25: 0.5, popularity: 0.2, history_similarity: 2, genre_match: 0.5, year_gap: -0.2 },
  }),
  rank: topK(),
  objective: { click: 1 },
  exposure: 'served',
  fallback: [],
  publicExplain: true,
})
