import { source } from 'edgewheel'

/** Uniformly random films: what exploration needs so that no film stays unknown for ever. */
export const random = source('random', {
  limit: 10,
  generate: (_, { items, random }) => {
    const drawn = new Set<number>()
    const wanted = Math.min(100, items.live)
    for (let tries = 0; drawn.size < wanted && tries < 1_000; tries++) {
      const slot = random.below(items.size)
      if (items.ids[slot] !== '') drawn.add(slot)
    }
    return { slots: Int32Array.from(drawn), scores: new Float64Array(drawn.size), sorted: true }
  },
})
