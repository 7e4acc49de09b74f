import { column } from 'edgewheel'
import { Item } from '../entities.ts'

/** ln(1 + positive ratings). */
export const popularity = column('popularity', Item, 'batch_positives', {
  fallback: 0,
  map: Math.log1p,
})
