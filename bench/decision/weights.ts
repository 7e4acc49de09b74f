/** Prior weights of the number features, the same for every contender. */
export const NUMBER_WEIGHTS = {
  popularity: 0.25,
  rating_count: 0.02,
  rating_mean: 0.2,
  mean_gap: 0.05,
  heat_90d: 0.1,
  heat_365d: 0.05,
  momentum: 0.03,
  year: 0.0004,
  item_age: -0.001,
  days_known: -0.01,
  year_gap: -0.2,
  genre_count: 0.01,
  genre_match: 0.5,
  genre_overlap: 0.1,
  history_similarity: 2,
  user_activity: 0.01,
  session_length: 0.01,
  hour: 0.001,
  available_flag: 0.1,
  positives_raw: 0.0003,
  count_raw: 0.0002,
  heat_90d_raw: 0.0007,
  heat_365d_raw: 0.0005,
  mean_squared: 0.002,
  year_squared: -0.0000001,
  known_since: 0.01,
} as const

/** Prior weights of category values. */
export const CATEGORY_WEIGHTS = {
  genres: { Comedy: 0.05, Drama: 0.08, Thriller: 0.04, Horror: -0.06, Documentary: 0.03 },
  decade: { '1980s': 0.02, '1990s': 0.03, '2000s': 0.01 },
} as const

/** The bias of the one head, whose link is the logistic function. */
export const BIAS = -4
