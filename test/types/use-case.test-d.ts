import { expectTypeOf } from 'vitest'
import * as z from 'zod'
import {
  category,
  column,
  defineEntity,
  defineUseCase,
  feature,
  filter,
  labels,
  recent,
  type Scorer,
} from '../../src/core/index.ts'
import { popular } from '../../stages/generate/popular.ts'
import { maxPerGroup } from '../../stages/rank/max-per-group.ts'
import { topK } from '../../stages/rank/top-k.ts'
import { linear } from '../../stages/score/linear.ts'

// What must compile, and what must not: checked by `tsc -p tsconfig.test.json`, not run.

const Item = defineEntity('item', {
  layout: 'paged',
  owner: 'tests',
  attributes: {
    title: z.string(),
    genres: z.array(z.string()),
    year: z.number().optional(),
    sold: z.boolean(),
  },
})

const year = column('year', Item, 'year', { fallback: 0 })
const genres = labels('genres', Item, 'genres', { fallback: [] })
const genreMatch = feature('genre_match', {
  reads: { item: Item.pick('genres'), recent },
  fallback: 0,
  compute: ({ item, recent }) => item.genres.length + recent.length,
})

const rest = {
  id: 'home',
  owner: 'tests',
  candidates: Item,
  generate: [popular],
  featurize: [year, genres, genreMatch],
  rank: topK(),
  objective: { click: 1 },
  exposure: 'served',
  fallback: [],
} as const

// A name of a feature is a literal; a prior keeps the names and kinds of its weights.
expectTypeOf(year.name).toEqualTypeOf<'year'>()
expectTypeOf(genres.kind).toEqualTypeOf<'category'>()
expectTypeOf(linear({ prior: { year: 1 } })).toEqualTypeOf<Scorer<{ readonly year: 1 }>>()

// Every shape of a prior weight.
defineUseCase({
  ...rest,
  score: linear({
    bias: -1,
    link: 'logit',
    prior: {
      genre_match: 0.8,
      year: { bounds: [1980, 2000], weights: [0, 0.1, 0.2] },
      genres: { values: { Comedy: 0.5 } },
    },
  }),
})
defineUseCase({
  ...rest,
  score: linear({
    heads: {
      click: { link: 'logit', prior: { genre_match: 0.8 } },
      dismiss: {
        prior: {
          genre_match: -0.1,
          year: { transform: { kind: 'standardize', mean: 1990, std: 10 }, weight: 1 },
        },
      },
    },
  }),
})

// @ts-expect-error featurize has no feature named 'genre_mach'
defineUseCase({ ...rest, score: linear({ prior: { genre_mach: 0.8 } }) })

// @ts-expect-error a category has a weight for each value
defineUseCase({ ...rest, score: linear({ prior: { genres: 0.8 } }) })

// @ts-expect-error a number has no values
defineUseCase({ ...rest, score: linear({ prior: { year: { values: { Comedy: 1 } } } }) })

// @ts-expect-error a misspelt feature in one of several heads
defineUseCase({ ...rest, score: linear({ heads: { click: { prior: { yeer: 1 } } } }) })

// @ts-expect-error the feature was deleted from featurize
defineUseCase({ ...rest, featurize: [genres], score: linear({ prior: { year: 1 } }) })

// @ts-expect-error an item has no attribute 'titel'
Item.pick('titel')

// @ts-expect-error an item has no field 'yeer'
column('year', Item, 'yeer', { fallback: 0 })

// @ts-expect-error a column is a number; titles are labels
column('title', Item, 'title', { fallback: 0 })

// @ts-expect-error years are no labels
labels('year', Item, 'year', { fallback: [] })

// @ts-expect-error a number feature has no default fallback
column('year', Item, 'year', {})

feature('titled', {
  reads: { item: Item.pick('title') },
  fallback: 0,
  // @ts-expect-error a number feature computes a number
  compute: ({ item }) => item.title,
})

feature('typo', {
  reads: { item: Item.pick('year') },
  fallback: 0,
  // @ts-expect-error only what is picked can be read
  compute: ({ item }) => item.genres.length,
})

feature('unsure', {
  reads: { item: Item.maybe('year') },
  fallback: 0,
  // @ts-expect-error what is read with `maybe` may be undefined
  compute: ({ item }) => item.year + 1,
})

// @ts-expect-error a feature states its fallback
feature('bare', { reads: { item: Item.pick('year') }, compute: ({ item }) => item.year })

// @ts-expect-error the fallback of a category is a list of strings
category('kind', { reads: {}, fallback: 0, compute: () => 'a' })

// @ts-expect-error a filter says what becomes of a candidate whose field is missing
filter('unsold', { reads: { item: Item.pick('sold') }, keep: ({ item }) => !item.sold })

// @ts-expect-error groups are strings; a year is a number
maxPerGroup(Item, 'year', 3)
