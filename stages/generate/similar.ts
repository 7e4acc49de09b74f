import { context, source } from 'edgewheel'
import * as z from 'zod'

/** The nearest neighbours of the film the page is about (`context.item`). */
export const similar = source('similar', {
  limit: 50,
  reads: { page: context({ item: z.string() }) },
  generate: ({ page }, { items }) => {
    const slot = items.slotOf(page.item ?? '')
    const neighbours = items.stringsColumn('neighbours')
    const scores = items.numbersColumn('neighbour_scores')
    if (slot < 0 || !neighbours || !scores) return { ids: [] }
    const [from, to] = [neighbours.offsets[slot], neighbours.offsets[slot + 1]]
    return {
      ids: Array.from(neighbours.codes.subarray(from, to), (code) => neighbours.dictionary[code]),
      scores: Array.from(scores.values.subarray(scores.offsets[slot], scores.offsets[slot + 1])),
    }
  },
})
