const ID = '0199c0de-7a2b-7c31-9d5e-6f0a1b2c3d4e'

/** A decision asked for, as the document shows it. */
export const DECIDE_EXAMPLE = {
  user: { id: 'u_42' },
  context: { recent: [{ type: 'click', item: '1', at: 1790000000000 }] },
  limit: 10,
  exclude: ['296'],
  return: ['title', 'genres'],
  explain: false,
  filter: {
    all: [
      { field: 'year', gte: 1990 },
      { field: 'genres', in: ['Comedy'] },
    ],
  },
}

/** Its answer. */
export const DECISION_EXAMPLE = {
  decisionId: ID,
  receipt: 'r1.WyJhYmMi.c2lnbmF0dXJl',
  useCase: 'movies-home',
  items: [
    {
      id: '318',
      position: 1,
      score: 0.83,
      propensity: 0.31,
      sources: ['popular'],
      fields: { title: 'The Shawshank Redemption', genres: ['Crime', 'Drama'] },
    },
  ],
  model: 'movies-home@3',
  variant: 'control',
  degraded: [],
}

/** A model made elsewhere. */
export const ARTIFACT_EXAMPLE = {
  format: 'edgewheel/linear@1',
  useCase: 'movies-home',
  objective: { click: 1 },
  heads: [
    {
      outcome: 'click',
      link: 'logit',
      bias: -1.2,
      terms: [
        {
          feature: 'popularity',
          transform: { kind: 'standardize', mean: 0.04, std: 0.02 },
          weight: 2.79,
        },
      ],
    },
  ],
}
