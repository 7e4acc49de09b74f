/** A film as one would hold it: an object. */
export interface Item {
  readonly id: string
  readonly title: string
  readonly genres: readonly string[]
  readonly year?: number
  readonly available?: boolean
  readonly first_rated_at?: number
  readonly batch_positives?: number
  readonly batch_rating_count?: number
  readonly batch_rating_mean?: number
  readonly batch_decayed_90d?: number
  readonly batch_decayed_365d?: number
  readonly neighbours: readonly string[]
  readonly neighbour_scores: readonly number[]
}

/** A visitor's record. */
export interface User {
  readonly batch_seen: readonly string[]
  readonly batch_recent_items: readonly string[]
  readonly batch_rating_count?: number
  readonly batch_rating_mean?: number
}

interface Interaction {
  readonly type: string
  readonly item: string
}

/** What the features of one request share. */
export interface RequestContext extends ReturnType<typeof likedBy> {
  readonly now: number
  readonly device?: string
  readonly recent: readonly Interaction[]
  readonly user: User
}

const DAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday']

/** What a visitor liked, newest first and fading, and what follows from it. */
export function likedBy(
  user: User,
  recent: readonly Interaction[],
  items: ReadonlyMap<string, Item>,
) {
  const liked = new Map<string, number>()
  let fade = 1
  const add = (id: string, weight: number) => {
    if (!items.has(id) || liked.has(id)) return
    liked.set(id, weight * fade)
    fade *= 0.93
  }
  for (const { type, item } of recent) if (type === 'click') add(item, 2)
  for (const id of user.batch_recent_items) add(id, 1)
  const films = [...liked].map(([id, weight]) => ({ item: items.get(id) as Item, weight }))
  const taste = new Map<string, number>()
  let total = 0
  for (const { item, weight } of films) {
    for (const genre of item.genres)
      taste.set(genre, (taste.get(genre) ?? 0) + weight / item.genres.length)
    if (item.genres.length > 0) total += weight
  }
  for (const [genre, weight] of taste) taste.set(genre, weight / total)
  const dated = films.filter(({ item }) => item.year !== undefined)
  const datedWeight = dated.reduce((sum, { weight }) => sum + weight, 0)
  const likedYear =
    datedWeight > 0
      ? dated.reduce((sum, { item, weight }) => sum + weight * (item.year as number), 0) /
        datedWeight
      : undefined
  return { liked, taste, likedYear, lastGenres: new Set(films[0]?.item.genres ?? []) }
}

/** Thirty features of one film for one request. */
export function featuresOf(item: Item, context: RequestContext) {
  const { now, user, taste, liked, likedYear, lastGenres, recent, device } = context
  const shared = item.genres.filter((genre) => lastGenres.has(genre)).length
  return {
    numbers: {
      popularity: Math.log1p(item.batch_positives ?? 0),
      rating_count: Math.log1p(item.batch_rating_count ?? 0),
      rating_mean: item.batch_rating_mean ?? 3.5,
      mean_gap:
        item.batch_rating_mean !== undefined && user.batch_rating_mean !== undefined
          ? item.batch_rating_mean - user.batch_rating_mean
          : 0,
      heat_90d: Math.log1p(item.batch_decayed_90d ?? 0),
      heat_365d: Math.log1p(item.batch_decayed_365d ?? 0),
      momentum: ((item.batch_decayed_90d ?? 0) + 0.25) / ((item.batch_decayed_365d ?? 0) + 1),
      year: item.year ?? 1995,
      item_age:
        item.year === undefined
          ? 20
          : Math.min(100, Math.max(0, new Date(now).getUTCFullYear() - item.year)),
      days_known:
        item.first_rated_at === undefined
          ? 0
          : Math.log1p(Math.max(0, now - item.first_rated_at) / 86_400_000),
      year_gap:
        likedYear === undefined || item.year === undefined
          ? 0
          : Math.abs(item.year - likedYear) / 10,
      genre_count: item.genres.length,
      genre_match: item.genres.reduce((sum, genre) => sum + (taste.get(genre) ?? 0), 0),
      genre_overlap:
        lastGenres.size === 0 ? 0 : shared / (lastGenres.size + item.genres.length - shared),
      history_similarity: item.neighbours.reduce(
        (sum, id, i) => sum + (liked.get(id) ?? 0) * item.neighbour_scores[i],
        0,
      ),
      user_activity: Math.log1p(user.batch_rating_count ?? 0),
      session_length: recent.length,
      hour: new Date(now).getUTCHours(),
      available_flag: item.available === false ? 0 : 1,
      positives_raw: item.batch_positives ?? 0,
      count_raw: item.batch_rating_count ?? 0,
      heat_90d_raw: item.batch_decayed_90d ?? 0,
      heat_365d_raw: item.batch_decayed_365d ?? 0,
      mean_squared: item.batch_rating_mean === undefined ? 12 : item.batch_rating_mean ** 2,
      year_squared: item.year === undefined ? 3_980_025 : item.year ** 2,
      known_since: (item.first_rated_at ?? 0) / 1e12,
    },
    categories: {
      genres: item.genres,
      decade: item.year === undefined ? [] : [`${Math.floor(item.year / 10) * 10}s`],
      weekday: [DAYS[new Date(now).getUTCDay()]],
      device: device === undefined ? [] : [device],
    },
  }
}
