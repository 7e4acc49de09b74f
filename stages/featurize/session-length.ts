import { feature, recent } from 'edgewheel'

/** Interactions of this session, at most 50. */
export const sessionLength = feature('session_length', {
  reads: { recent },
  fallback: 0,
  compute: ({ recent }) => recent.length,
})
