import { feature, retrieved } from 'edgewheel'

/** Source flag: 1 where `random` drew the film. */
export const fromRandom = feature('from_random', {
  reads: { score: retrieved('random') },
  fallback: 0,
  compute: ({ score }) => (score === undefined ? 0 : 1),
})
