import { orderedBy, source } from 'edgewheel'
import { Item } from '../entities.ts'

/** The most liked films that share the most genres with the page's film; helps where neighbours are few. */
export const pageGenreMatches = source('page_genre_matches', {
  limit: 60,
  reads: { page: Item.pick('genres') },
  generate: ({ page }, { items }) => {
    const genres = items.stringsColumn('genres')
    const popularity = items.numberColumn('batch_positives')
    const { slots } = orderedBy(items, 'batch_positives')
    const scores = new Float64Array(slots.length)
    if (genres && popularity) {
      const wanted = genres.dictionary.map((genre) => (page.genres.includes(genre) ? 1 : 0))
      for (let i = 0; i < slots.length; i++) {
        const [from, to] = [genres.offsets[slots[i]], genres.offsets[slots[i] + 1]]
        let shared = 0
        for (let at = from; at < to; at++) shared += wanted[genres.codes[at]]
        const all = page.genres.length + (to - from) - shared
        scores[i] = all === 0 ? 0 : (shared / all) * Math.log1p(popularity.values[slots[i]] || 0)
      }
    }
    return { slots, scores, sorted: false }
  },
})
