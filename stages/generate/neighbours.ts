import { source } from 'edgewheel'
import { similarity } from '../derive/similarity.ts'

/** Films that people liked together with those this visitor liked, on record or a moment ago. */
export const neighbours = source('neighbours', {
  limit: 200,
  reads: { similarity },
  generate: ({ similarity: { bySlot, touched } }) => {
    const scores = new Float64Array(touched.length)
    for (let i = 0; i < touched.length; i++) scores[i] = bySlot[touched[i]]
    return { slots: touched, scores, sorted: false }
  },
})
