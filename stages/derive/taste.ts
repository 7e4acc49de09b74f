import { derive } from 'edgewheel'
import { history } from './history.ts'

/** The share of each genre in what the visitor liked, by the genre's code in the catalogue; empty for guests. */
export const taste = derive('taste', {
  reads: { history },
  compute: ({ history }, { items }): Float64Array => {
    const genres = items.stringsColumn('genres')
    const shares = new Float64Array(history.length > 0 && genres ? genres.dictionary.length : 0)
    if (shares.length === 0 || !genres) return shares
    let total = 0
    for (const { slot, weight } of history) {
      const [from, to] = [genres.offsets[slot], genres.offsets[slot + 1]]
      for (let i = from; i < to; i++) shares[genres.codes[i]] += weight / (to - from)
      if (to > from) total += weight
    }
    if (total > 0) for (let code = 0; code < shares.length; code++) shares[code] /= total
    return shares
  },
})
