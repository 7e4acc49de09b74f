import { labels } from 'edgewheel'
import { Item } from '../entities.ts'

/** The film's genres. */
export const genres = labels('genres', Item, 'genres', { fallback: [] })
