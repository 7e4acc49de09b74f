import { column } from 'edgewheel'
import { Item } from '../entities.ts'

/** ln(1 + positive ratings with a half-life of 90 days). */
export const heat90d = column('heat_90d', Item, 'batch_decayed_90d', {
  fallback: 0,
  map: Math.log1p,
})
