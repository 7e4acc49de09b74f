import { source } from 'edgewheel'
import { similarity } from '../derive/similarity.ts'

/** Films that people liked together with those this visitor liked, on record or a moment ago. */
export const neighbours = source('neighbours', {
  limit: 200,
  reads: { similarity },
  generate: ({ similarity: { bySlot, touched } }) => ({
    slots: touched,
    scores: Float64Array.from(touched, (slot) => bySlot[slot]),
    sorted: false,
  }),
})
