import { derive, feature } from 'edgewheel'
import { history } from '../derive/history.ts'
import { Item } from '../entities.ts'

const likedYear = derive('liked_year', {
  reads: { history },
  compute: ({ history }, { items }): number | undefined => {
    const years = items.numberColumn('year')
    let sum = 0
    let total = 0
    for (const { slot, weight } of history) {
      if (!years || (years.status && years.status[slot] !== 0)) continue
      sum += weight * years.values[slot]
      total += weight
    }
    return total > 0 ? sum / total : undefined
  },
})

/** Decades between the film and the films the visitor liked. Missing for guests. */
export const yearGap = feature('year_gap', {
  reads: { likedYear, item: Item.pick('year') },
  fallback: 0,
  compute: ({ likedYear, item }) =>
    likedYear === undefined ? undefined : Math.abs(item.year - likedYear) / 10,
})
