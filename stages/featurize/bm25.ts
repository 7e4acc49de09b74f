import { feature, given } from 'edgewheel'
import * as z from 'zod'

/** The search engine's own relevance, sent with each candidate as `fields.bm25`. */
export const bm25 = feature('bm25', {
  reads: { sent: given({ bm25: z.number() }) },
  fallback: 0,
  compute: ({ sent }) => sent.bm25,
})
