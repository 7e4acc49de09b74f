import { candidate, derive, feature, recent, type Table } from '../../src/core/index.ts'
import { Item, User } from '../../stages/entities.ts'

/**
 * What the features of one visitor share: the example's own derived values as they once were. Copies,
 * because the example is tuned and every contender must compute the same.
 */
const liked = derive('bench_liked', {
  reads: { recent, user: User.maybe('batch_recent_items') },
  compute: ({ recent, user }, { items }) => {
    const found = new Map<number, number>()
    let fade = 1
    const add = (id: string, weight: number): void => {
      const slot = items.slotOf(id)
      if (slot < 0 || found.has(slot)) return
      found.set(slot, weight * fade)
      fade *= 0.93
    }
    for (const { type, item } of recent) if (type === 'click') add(item, 2)
    for (const id of user.batch_recent_items ?? []) add(id, 1)
    return found
  },
})

/** For each film, which films name it as a neighbour: slots and similarities from `offsets[slot]` on. */
function namedBy(table: Table) {
  const neighbours = table.stringsColumn('neighbours')
  const similarity = table.numbersColumn('neighbour_scores')
  const offsets = new Int32Array(table.size + 1)
  const slotOfCode = Int32Array.from(neighbours?.dictionary ?? [], (id) => table.slotOf(id))
  for (const code of neighbours?.codes ?? [])
    if (slotOfCode[code] >= 0) offsets[slotOfCode[code] + 1]++
  for (let slot = 0; slot < table.size; slot++) offsets[slot + 1] += offsets[slot]
  const next = offsets.slice()
  const slots = new Int32Array(offsets[table.size])
  const scores = new Float64Array(offsets[table.size])
  for (let slot = 0; neighbours && similarity && slot < table.size; slot++)
    for (let i = neighbours.offsets[slot]; i < neighbours.offsets[slot + 1]; i++) {
      const named = slotOfCode[neighbours.codes[i]]
      if (named < 0) continue
      slots[next[named]] = slot
      scores[next[named]++] =
        similarity.values[similarity.offsets[slot] + i - neighbours.offsets[slot]]
    }
  return { offsets, slots, scores }
}

const similarities = derive('bench_similarities', {
  reads: { liked },
  compute: ({ liked }, { items }) => {
    const { offsets, slots, scores } = items.memo('bench-named-by', namedBy)
    const bySlot = new Float64Array(items.size)
    for (const [slot, weight] of liked)
      for (let i = offsets[slot]; i < offsets[slot + 1]; i++) bySlot[slots[i]] += weight * scores[i]
    return bySlot
  },
})

const taste = derive('bench_taste', {
  reads: { liked },
  compute: ({ liked }, { items }) => {
    const genres = items.stringsColumn('genres')
    const shares = new Float64Array(genres?.dictionary.length ?? 0)
    let total = 0
    for (const [slot, weight] of liked) {
      const from = genres?.offsets[slot] ?? 0
      const to = genres?.offsets[slot + 1] ?? 0
      for (let i = from; i < to; i++) shares[genres?.codes[i] ?? 0] += weight / (to - from)
      if (to > from) total += weight
    }
    return (slot: number): number | undefined => {
      if (!genres || slot < 0 || total === 0) return undefined
      let match = 0
      for (let i = genres.offsets[slot]; i < genres.offsets[slot + 1]; i++)
        match += shares[genres.codes[i]] / total
      return match
    }
  },
})

const likedYear = derive('bench_liked_year', {
  reads: { liked },
  compute: ({ liked }, { items }): number | undefined => {
    const years = items.numberColumn('year')
    let sum = 0
    let total = 0
    for (const [slot, weight] of liked) {
      if (!years || (years.status && years.status[slot] !== 0)) continue
      sum += weight * years.values[slot]
      total += weight
    }
    return total > 0 ? sum / total : undefined
  },
})

const lastGenres = derive('bench_last_genres', {
  reads: { liked },
  compute: ({ liked }, { items }): ReadonlySet<string> => {
    const genres = items.stringsColumn('genres')
    const [slot] = liked.keys()
    if (!genres || slot === undefined) return new Set()
    const codes = genres.codes.subarray(genres.offsets[slot], genres.offsets[slot + 1])
    return new Set(Array.from(codes, (code) => genres.dictionary[code]))
  },
})

/** Features of the visitor and the film together. */
export const personal = [
  feature('history_similarity', {
    reads: { similarities, candidate },
    fallback: 0,
    compute: ({ similarities, candidate }) => similarities[candidate.slot],
  }),
  feature('genre_match', {
    reads: { taste, candidate },
    fallback: 0,
    compute: ({ taste, candidate }) => taste(candidate.slot),
  }),
  feature('genre_overlap', {
    reads: { lastGenres, item: Item.pick('genres') },
    fallback: 0,
    compute: ({ lastGenres, item }) => {
      if (lastGenres.size === 0) return undefined
      let shared = 0
      for (const genre of item.genres) if (lastGenres.has(genre)) shared++
      return shared / (lastGenres.size + item.genres.length - shared)
    },
  }),
  feature('year_gap', {
    reads: { likedYear, item: Item.pick('year') },
    fallback: 0,
    compute: ({ likedYear, item }) =>
      likedYear === undefined ? undefined : Math.abs(item.year - likedYear) / 10,
  }),
  feature('mean_gap', {
    reads: { user: User.pick('batch_rating_mean'), item: Item.pick('batch_rating_mean') },
    fallback: 0,
    compute: ({ user, item }) => item.batch_rating_mean - user.batch_rating_mean,
  }),
] as const
