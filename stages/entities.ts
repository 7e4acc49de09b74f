import { count, defineEntity, lastK, mean, rate, seen } from 'edgewheel'
import * as z from 'zod'

/** A film. Statistics named `batch_…` and the neighbours are computed outside and pushed like any attribute. */
export const Item = defineEntity('item', {
  layout: 'paged',
  owner: 'catalog-team',
  public: 'all',
  attributes: {
    title: z.string(),
    genres: z.array(z.string()),
    year: z.number().optional(),
    available: z.boolean().optional(),
    /** Epoch ms of the first rating. */
    first_rated_at: z.number().optional(),
    batch_positives: z.number().optional(),
    batch_rating_count: z.number().optional(),
    batch_rating_mean: z.number().optional(),
    batch_decayed_90d: z.number().optional(),
    batch_decayed_365d: z.number().optional(),
    /** Ids of the most similar films, best first, and their similarities. */
    neighbours: z.array(z.string()).optional(),
    neighbour_scores: z.array(z.number()).optional(),
  },
  aggregates: {
    impressions_7d: count('impression', { window: '7d' }),
    clicks_7d: count('click', { window: '7d' }),
    ctr_7d: rate('click', 'impression', { window: '7d', prior: [1, 20] }),
    ratings_total: count('rate'),
    ratings_mean: mean('rate'),
  },
})

/** A visitor with a history. */
export const User = defineEntity('user', {
  layout: 'keyed',
  owner: 'identity-team',
  attributes: {
    /** Ids of every rated film. */
    batch_seen: z.array(z.string()).optional(),
    /** Ids of the last 50 liked films, newest first. */
    batch_recent_items: z.array(z.string()).optional(),
    batch_rating_count: z.number().optional(),
    batch_rating_mean: z.number().optional(),
  },
  aggregates: {
    clicks_7d: count('click', { window: '7d' }),
    ratings_total: count('rate'),
    /** The last 50 liked films, newest first. */
    recent_items: lastK(['click', { type: 'rate', when: ({ value }) => value >= 4 }], {
      k: 50,
      of: 'item',
    }),
    /** What need not be shown again. */
    seen: seen(['click', 'rate', 'dismiss']),
  },
})
