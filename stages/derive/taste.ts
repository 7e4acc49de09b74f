import { derive, type Table } from 'edgewheel'
import { history, type Liked } from './history.ts'

/** How telling a genre is: ln(films / films of the genre) over ln(films), 0 to 1 (Spärck Jones 1972). */
function rarity(table: Table): Float64Array {
  const genres = table.stringsColumn('genres')
  const films = new Float64Array(genres?.dictionary.length ?? 0)
  for (const code of genres?.codes ?? []) films[code]++
  const all = Math.max(2, table.live)
  return films.map((count) => Math.log(all / Math.max(1, count)) / Math.log(all))
}

/** A common genre says little, but not nothing. */
const COMMON = 0.15

/** What liked films say about genres. */
export interface Taste {
  /** By the genre's code in the catalogue; empty where nothing is liked. */
  readonly shares: Float64Array
  /** How well a film's genres fit; undefined where nothing is liked or nothing is known of the film. */
  of(slot: number): number | undefined
}

/** The square of each genre's share in liked films × how telling it is. */
function tasteOf(liked: readonly Liked[], table: Table): Taste {
  const genres = table.stringsColumn('genres')
  if (!genres || liked.length === 0) return { shares: new Float64Array(0), of: () => undefined }
  const { offsets, codes } = genres
  const shares = new Float64Array(genres.dictionary.length)
  let total = 0
  for (const { slot, weight } of liked) {
    for (let i = offsets[slot]; i < offsets[slot + 1]; i++) shares[codes[i]] += weight
    if (offsets[slot + 1] > offsets[slot]) total += weight
  }
  const telling = table.memo('genre-rarity', rarity)
  if (total > 0)
    for (let code = 0; code < shares.length; code++)
      shares[code] = (shares[code] / total) ** 2 * (COMMON + telling[code])
  return {
    shares,
    of(slot) {
      if (slot < 0) return undefined
      let match = 0
      for (let i = offsets[slot]; i < offsets[slot + 1]; i++) match += shares[codes[i]]
      return match
    },
  }
}

/** The taste of everything the visitor liked. */
export const taste = derive('taste', {
  version: 2,
  reads: { history },
  compute: ({ history }, { items }) => tasteOf(history, items),
})

/** The taste of this session alone. */
export const sessionTaste = derive('session_taste', {
  reads: { history },
  compute: ({ history }, { items }) => {
    const session = history.filter((liked) => liked.session)
    return tasteOf(session, items)
  },
})
