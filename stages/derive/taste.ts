import { derive, type Table } from 'edgewheel'
import { history } from './history.ts'

/** How telling a genre is: ln(films / films of the genre) over ln(films), 0 to 1 (Spärck Jones 1972). */
function rarity(table: Table): Float64Array {
  const genres = table.stringsColumn('genres')
  const films = new Float64Array(genres?.dictionary.length ?? 0)
  for (const code of genres?.codes ?? []) films[code]++
  const all = Math.max(2, table.live)
  return films.map((count) => Math.log(all / Math.max(1, count)) / Math.log(all))
}

/**
 * What the visitor's likes say about each genre, by the genre's code in the catalogue: its share in
 * them × how telling it is. Empty where nothing is liked.
 */
export const taste = derive('taste', {
  reads: { history },
  compute: ({ history }, { items }): Float64Array => {
    const genres = items.stringsColumn('genres')
    const shares = new Float64Array(history.length > 0 && genres ? genres.dictionary.length : 0)
    if (shares.length === 0 || !genres) return shares
    let total = 0
    for (const { slot, weight } of history) {
      const [from, to] = [genres.offsets[slot], genres.offsets[slot + 1]]
      for (let i = from; i < to; i++) shares[genres.codes[i]] += weight
      if (to > from) total += weight
    }
    const telling = items.memo('genre-rarity', rarity)
    if (total > 0)
      for (let code = 0; code < shares.length; code++) shares[code] *= telling[code] / total
    return shares
  },
})
