import { column } from 'edgewheel'
import { Item } from '../entities.ts'

/** ln(1 + ratings): how much is known of the film. */
export const ratingCount = column('rating_count', Item, 'batch_rating_count', {
  fallback: 0,
  map: Math.log1p,
})
