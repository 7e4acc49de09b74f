import { orderedBy, source } from 'edgewheel'
import { taste } from '../derive/taste.ts'

/** The most liked films of the genres this visitor prefers; makes a page follow three clicks. */
export const tasteMatches = source('taste', {
  limit: 60,
  when: ({ recent, request }) => recent.length > 0 || request.user.id !== undefined,
  reads: { taste },
  generate: ({ taste }, { items }) => {
    const genres = items.stringsColumn('genres')
    const popularity = items.numberColumn('batch_positives')
    const { slots } = orderedBy(items, 'batch_positives')
    const scores = new Float64Array(slots.length)
    if (!genres || !popularity || taste.length === 0) return { ids: [] }
    for (let i = 0; i < slots.length; i++) {
      const slot = slots[i]
      let match = 0
      for (let at = genres.offsets[slot]; at < genres.offsets[slot + 1]; at++)
        match += taste[genres.codes[at]]
      scores[i] = match * match * Math.log1p(popularity.values[slot] || 0)
    }
    return { slots, scores, sorted: false }
  },
})
