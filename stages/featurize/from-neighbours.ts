import { feature, retrieved } from 'edgewheel'

/** Source flag: 1 where `neighbours` drew the film. */
export const fromNeighbours = feature('from_neighbours', {
  reads: { score: retrieved('neighbours') },
  fallback: 0,
  compute: ({ score }) => (score === undefined ? 0 : 1),
})
