import { orderedBy, source, type Table } from 'edgewheel'
import { taste } from '../derive/taste.ts'

/** How many films of a genre are looked at: the most liked ones. */
const PER_GENRE = 150

/** The most liked films of each genre, by the genre's code. */
function bestOfGenres(table: Table): Int32Array[] {
  const genres = table.stringsColumn('genres')
  const lists: number[][] = (genres?.dictionary ?? []).map(() => [])
  for (const slot of genres ? orderedBy(table, 'batch_positives').slots : [])
    for (let i = genres?.offsets[slot] ?? 0; i < (genres?.offsets[slot + 1] ?? 0); i++) {
      const list = lists[genres?.codes[i] ?? 0]
      if (list.length < PER_GENRE) list.push(slot)
    }
  return lists.map((list) => Int32Array.from(list))
}

/** The most liked films of the genres this visitor prefers; makes a page follow three clicks. */
export const tasteMatches = source('taste', {
  limit: 60,
  when: ({ recent, request }) => recent.length > 0 || request.user.id !== undefined,
  reads: { taste },
  generate: ({ taste }, { items }) => {
    const popularity = items.numberColumn('batch_positives')
    if (!popularity || taste.shares.length === 0) return { ids: [] }
    const lists = items.memo('best-of-genres', bestOfGenres)
    const drawn = new Set<number>()
    taste.shares.forEach((share, code) => {
      if (share > 0) for (const slot of lists[code]) drawn.add(slot)
    })
    const slots = Int32Array.from(drawn)
    const scores = new Float64Array(slots.length)
    for (let i = 0; i < slots.length; i++)
      scores[i] = (taste.of(slots[i]) ?? 0) ** 2 * Math.log1p(popularity.values[slots[i]] || 0)
    return { slots, scores, sorted: false }
  },
})
