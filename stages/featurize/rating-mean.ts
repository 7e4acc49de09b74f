import { column } from 'edgewheel'
import { Item } from '../entities.ts'

/** Mean rating, 0.5 to 5. */
export const ratingMean = column('rating_mean', Item, 'batch_rating_mean', { fallback: 3.5 })
