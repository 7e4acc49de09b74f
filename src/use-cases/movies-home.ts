import { defineUseCase } from 'edgewheel'
import * as z from 'zod'
import { Item, User } from '../../stages/entities.ts'
import { daysKnown } from '../../stages/featurize/days-known.ts'
import { decade } from '../../stages/featurize/decade.ts'
import { device } from '../../stages/featurize/device.ts'
import { fromNeighbours } from '../../stages/featurize/from-neighbours.ts'
import { fromRandom } from '../../stages/featurize/from-random.ts'
import { genreCount } from '../../stages/featurize/genre-count.ts'
import { genreMatch } from '../../stages/featurize/genre-match.ts'
import { genreOverlap } from '../../stages/featurize/genre-overlap.ts'
import { genres } from '../../stages/featurize/genres.ts'
import { heat90d } from '../../stages/featurize/heat-90d.ts'
import { heat365d } from '../../stages/featurize/heat-365d.ts'
import { historySimilarity } from '../../stages/featurize/history-similarity.ts'
import { hour } from '../../stages/featurize/hour.ts'
import { itemAge } from '../../stages/featurize/item-age.ts'
import { meanGap } from '../../stages/featurize/mean-gap.ts'
import { momentum } from '../../stages/featurize/momentum.ts'
import { popularity } from '../../stages/featurize/popularity.ts'
import { ratingCount } from '../../stages/featurize/rating-count.ts'
import { ratingMean } from '../../stages/featurize/rating-mean.ts'
import { sessionLength } from '../../stages/featurize/session-length.ts'
import { sessionMatch } from '../../stages/featurize/session-match.ts'
import { userActivity } from '../../stages/featurize/user-activity.ts'
import { weekday } from '../../stages/featurize/weekday.ts'
import { year } from '../../stages/featurize/year.ts'
import { yearGap } from '../../stages/featurize/year-gap.ts'
import { inStock } from '../../stages/filter/in-stock.ts'
import { notSeen } from '../../stages/filter/not-seen.ts'
import { neighbours } from '../../stages/generate/neighbours.ts'
import { popular } from '../../stages/generate/popular.ts'
import { random } from '../../stages/generate/random.ts'
import { newest } from '../../stages/generate/recent.ts'
import { tasteMatches } from '../../stages/generate/taste-matches.ts'
import { trending } from '../../stages/generate/trending.ts'
import { maxPerGroup } from '../../stages/rank/max-per-group.ts'
import { proportional } from '../../stages/rank/proportional.ts'
import { linear } from '../../stages/score/linear.ts'

export const moviesHome = defineUseCase({
  id: 'movies-home',
  owner: 'home-team',
  about: 'Films for a visitor’s home page, personal where something is known of them.',
  candidates: Item,
  request: { device: z.enum(['phone', 'tablet', 'desk', 'tv']).optional() },
  context: { user: { entity: User, id: (request) => request.user.id } },
  generate: [neighbours, tasteMatches, popular, trending, newest, random],
  filter: [notSeen, inStock],
  featurize: [
    popularity,
    ratingCount,
    ratingMean,
    meanGap,
    heat90d,
    heat365d,
    momentum,
    year,
    itemAge,
    daysKnown,
    yearGap,
    genreCount,
    genreMatch,
    genreOverlap,
    historySimilarity,
    fromNeighbours,
    fromRandom,
    userActivity,
    sessionMatch,
    sessionLength,
    hour,
    genres,
    decade,
    weekday,
    device,
  ],
  score: linear({
    link: 'logit',
    bias: -5,
    prior: {
      history_similarity: 8,
      genre_match: 4,
      session_match: 8,
      popularity: 0.3,
      heat_90d: 0.15,
      year_gap: -0.3,
    },
  }),
  rank: proportional({ power: 8 }),
  constraints: [maxPerGroup(Item, 'genres', 16)],
  objective: { click: 1, rate_up: 3, dismiss: -1 },
  exposure: 'impression',
  fallback: ['318', '356', '296', '593', '2571', '260', '527', '110', '480', '2959', '1196', '50'],
  publicExplain: true,
})
