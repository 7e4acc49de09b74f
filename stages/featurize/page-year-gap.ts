import { feature } from 'edgewheel'
import { Item } from '../entities.ts'

/** Decades between the film and the page's film. */
export const pageYearGap = feature('page_year_gap', {
  reads: { page: Item.pick('year'), item: Item.pick('year') },
  fallback: 1,
  compute: ({ page, item }) => Math.abs(item.year - page.year) / 10,
})
