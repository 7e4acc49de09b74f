import { defineUseCase } from 'edgewheel'
import * as z from 'zod'
import { Item, User } from '../../stages/entities.ts'
import { genreMatch } from '../../stages/featurize/genre-match.ts'
import { genres } from '../../stages/featurize/genres.ts'
import { heat365d } from '../../stages/featurize/heat-365d.ts'
import { pageGenres } from '../../stages/featurize/page-genres.ts'
import { pageSimilarity } from '../../stages/featurize/page-similarity.ts'
import { pageYearGap } from '../../stages/featurize/page-year-gap.ts'
import { popularity } from '../../stages/featurize/popularity.ts'
import { ratingMean } from '../../stages/featurize/rating-mean.ts'
import { inStock } from '../../stages/filter/in-stock.ts'
import { notThis } from '../../stages/filter/not-this.ts'
import { pageGenreMatches } from '../../stages/generate/page-genre-matches.ts'
import { popular } from '../../stages/generate/popular.ts'
import { similar } from '../../stages/generate/similar.ts'
import { proportional } from '../../stages/rank/proportional.ts'
import { linear } from '../../stages/score/linear.ts'

export const moviesSimilar = defineUseCase({
  id: 'movies-similar',
  owner: 'discovery-team',
  about: 'Films like the one the page is about.',
  candidates: Item,
  request: { item: z.string() },
  context: {
    user: { entity: User, id: (request) => request.user.id },
    page: { entity: Item, id: (request) => request.context.item },
  },
  generate: [similar, pageGenreMatches, popular],
  filter: [notThis, inStock],
  featurize: [
    pageSimilarity,
    pageGenres,
    pageYearGap,
    popularity,
    heat365d,
    ratingMean,
    genreMatch,
    genres,
  ],
  score: linear({
    link: 'logit',
    bias: -4,
    prior: {
      page_similarity: 8,
      page_genres: 1,
      page_year_gap: -0.3,
      popularity: 0.15,
      genre_match: 0.2,
    },
  }),
  rank: proportional({ power: 8 }),
  objective: { click: 1, rate_up: 3 },
  exposure: 'impression',
  fallback: ['318', '356', '296', '593', '2571', '260', '527', '110', '480', '2959', '1196', '50'],
  publicExplain: true,
})
