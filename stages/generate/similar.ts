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
    const drawn: { id: string; score: number }[] = []
    for (let i = neighbours.offsets[slot]; i < neighbours.offsets[slot + 1]; i++) {
      const id = neighbours.dictionary[neighbours.codes[i]]
      const at = scores.offsets[slot] + i - neighbours.offsets[slot]
      const score = at < scores.offsets[slot + 1] ? scores.values[at] : 0
      // A film may outlive its neighbours: those that were removed are still in its list.
      if (items.slotOf(id) >= 0) drawn.push({ id, score })
    }
    return { ids: drawn.map(({ id }) => id), scores: drawn.map(({ score }) => score) }
  },
})
