import { derive, type Table } from 'edgewheel'
import { history } from './history.ts'

/** For each film, which films name it as a neighbour: slots and similarities from `offsets[slot]` on. */
interface NamedBy {
  readonly offsets: Int32Array
  readonly slots: Int32Array
  readonly scores: Float64Array
}

function namedBy(table: Table): NamedBy {
  const neighbours = table.stringsColumn('neighbours')
  const similarity = table.numbersColumn('neighbour_scores')
  const offsets = new Int32Array(table.size + 1)
  if (!neighbours || !similarity)
    return { offsets, slots: new Int32Array(0), scores: new Float64Array(0) }
  const slotOfCode = Int32Array.from(neighbours.dictionary, (id) => table.slotOf(id))
  for (const code of neighbours.codes) if (slotOfCode[code] >= 0) offsets[slotOfCode[code] + 1]++
  for (let slot = 0; slot < table.size; slot++) offsets[slot + 1] += offsets[slot]
  const next = offsets.slice()
  const slots = new Int32Array(offsets[table.size])
  const scores = new Float64Array(offsets[table.size])
  for (let slot = 0; slot < table.size; slot++) {
    const count = neighbours.offsets[slot + 1] - neighbours.offsets[slot]
    for (let i = 0; i < count; i++) {
      const named = slotOfCode[neighbours.codes[neighbours.offsets[slot] + i]]
      if (named < 0) continue
      slots[next[named]] = slot
      // A list of similarities that is too short says nothing of the rest.
      const at = similarity.offsets[slot] + i
      scores[next[named]++] = at < similarity.offsets[slot + 1] ? similarity.values[at] : 0
    }
  }
  return { offsets, slots, scores }
}

/**
 * How similar each film is to what the visitor liked: Σ weight × similarity over the liked films among
 * its 50 nearest (item-based nearest neighbours: Sarwar et al. 2001). By slot; `touched` is not 0.
 */
export const similarity = derive('similarity', {
  reads: { history },
  compute: ({ history }, { items }) => {
    const { offsets, slots, scores } = items.memo('named-by', namedBy)
    const bySlot = new Float64Array(items.size)
    const touched: number[] = []
    for (const { slot, weight } of history)
      for (let i = offsets[slot]; i < offsets[slot + 1]; i++) {
        if (scores[i] === 0) continue
        if (bySlot[slots[i]] === 0) touched.push(slots[i])
        bySlot[slots[i]] += weight * scores[i]
      }
    return { bySlot, touched: Int32Array.from(touched) }
  },
})
