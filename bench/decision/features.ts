import * as z from 'zod'
import { category, clock, column, context, feature, labels, recent } from '../../src/core/index.ts'
import { Item, User } from '../../stages/entities.ts'

const DAY_MS = 86_400_000
const DAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday']
const square = (value: number) => value * value

/** Features that are a column of the film, and one of its columns mapped. */
export const columns = [
  column('popularity', Item, 'batch_positives', { fallback: 0, map: Math.log1p }),
  column('rating_count', Item, 'batch_rating_count', { fallback: 0, map: Math.log1p }),
  column('rating_mean', Item, 'batch_rating_mean', { fallback: 3.5 }),
  column('heat_90d', Item, 'batch_decayed_90d', { fallback: 0, map: Math.log1p }),
  column('heat_365d', Item, 'batch_decayed_365d', { fallback: 0, map: Math.log1p }),
  column('year', Item, 'year', { fallback: 1995 }),
  column('available_flag', Item, 'available', { fallback: 1 }),
  column('positives_raw', Item, 'batch_positives', { fallback: 0 }),
  column('count_raw', Item, 'batch_rating_count', { fallback: 0 }),
  column('heat_90d_raw', Item, 'batch_decayed_90d', { fallback: 0 }),
  column('heat_365d_raw', Item, 'batch_decayed_365d', { fallback: 0 }),
  column('mean_squared', Item, 'batch_rating_mean', { fallback: 12, map: square }),
  column('year_squared', Item, 'year', { fallback: 3_980_025, map: square }),
  column('known_since', Item, 'first_rated_at', { fallback: 0, map: (at) => at / 1e12 }),
  labels('genres', Item, 'genres', { fallback: [] }),
] as const

/** Features computed of the film alone, and of time. */
export const computed = [
  feature('momentum', {
    reads: { item: Item.pick('batch_decayed_90d', 'batch_decayed_365d') },
    fallback: 0.25,
    compute: ({ item }) => (item.batch_decayed_90d + 0.25) / (item.batch_decayed_365d + 1),
  }),
  feature('item_age', {
    reads: { now: clock, item: Item.pick('year') },
    fallback: 20,
    compute: ({ now, item }) =>
      Math.min(100, Math.max(0, new Date(now).getUTCFullYear() - item.year)),
  }),
  feature('days_known', {
    reads: { now: clock, item: Item.pick('first_rated_at') },
    fallback: 0,
    compute: ({ now, item }) => Math.log1p(Math.max(0, now - item.first_rated_at) / DAY_MS),
  }),
  feature('genre_count', {
    reads: { item: Item.pick('genres') },
    fallback: 1,
    compute: ({ item }) => item.genres.length,
  }),
  category('decade', {
    reads: { item: Item.pick('year') },
    fallback: [],
    compute: ({ item }) => `${Math.floor(item.year / 10) * 10}s`,
  }),
] as const

/** Features that are the same for all films of one request. */
export const shared = [
  feature('user_activity', {
    reads: { user: User.pick('batch_rating_count') },
    fallback: 0,
    compute: ({ user }) => Math.log1p(user.batch_rating_count),
  }),
  feature('session_length', {
    reads: { recent },
    fallback: 0,
    compute: ({ recent }) => recent.length,
  }),
  feature('hour', {
    reads: { now: clock },
    fallback: 12,
    compute: ({ now }) => new Date(now).getUTCHours(),
  }),
  category('weekday', {
    reads: { now: clock },
    fallback: [],
    compute: ({ now }) => DAYS[new Date(now).getUTCDay()],
  }),
  category('device', {
    reads: { page: context({ device: z.enum(['phone', 'tablet', 'desk', 'tv']) }) },
    fallback: [],
    compute: ({ page }) => page.device,
  }),
] as const
