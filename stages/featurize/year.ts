import { column } from 'edgewheel'
import { Item } from '../entities.ts'

/** Year of release. */
export const year = column('year', Item, 'year', { fallback: 1995 })
