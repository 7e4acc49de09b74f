import { column } from 'edgewheel'
import { Item } from '../entities.ts'

/** ln(1 + positive ratings with a half-life of a year). */
export const heat365d = column('heat_365d', Item, 'batch_decayed_365d', {
  fallback: 0,
  map: Math.log1p,
})
