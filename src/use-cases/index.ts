import { moviesHome } from './movies-home.ts'
import { moviesRerank } from './movies-rerank.ts'
import { moviesSimilar } from './movies-similar.ts'

/** What this Worker serves. A new use case is one file and one word here. */
export const useCases = [moviesHome, moviesSimilar, moviesRerank]
