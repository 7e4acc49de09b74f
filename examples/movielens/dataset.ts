import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { parse } from 'csv-parse/sync'

/** The movies of movies.csv, ascending by movieId; all arrays run over the same index. */
export interface Movies {
  readonly count: number
  readonly ids: Int32Array
  /** Exactly as in the file, year included. */
  readonly titles: readonly string[]
  /** The `(yyyy)` at the end of the title; undefined where there is none. */
  readonly years: readonly (number | undefined)[]
  /** Empty for "(no genres listed)". */
  readonly genres: readonly (readonly string[])[]
}

/**
 * The ratings in stream order (timestamp, userId, movieId ascending); `user` and `movie` are
 * indices into `userIds` and `movies`.
 */
export interface Ratings {
  readonly count: number
  readonly user: Int32Array
  readonly movie: Int32Array
  /** 0.5 .. 5 in steps of a half. */
  readonly value: Float64Array
  /** Unix seconds, UTC. */
  readonly timestampS: Int32Array
}

/** MovieLens, small: users and movies by ascending id, ratings in stream order. */
export interface MovieLens {
  readonly movies: Movies
  readonly userIds: Int32Array
  readonly ratings: Ratings
}

/** A rating counts as positive from here on. */
export const positiveRating = 4

/**
 * Reads `movies.csv.gz` and `ratings.csv.gz` of a folder (default: the copy beside this file).
 * Throws where a rating names a movie that is not in movies.csv.
 */
export function loadMovieLens(
  folder: string = fileURLToPath(new URL('./data', import.meta.url).href),
): MovieLens {
  const movies = toMovies(readCsv(`${folder}/movies.csv.gz`))
  const rows = readCsv(`${folder}/ratings.csv.gz`)
  return { movies, ...toRatings(rows, movies) }
}

function readCsv(path: string): string[][] {
  return parse(gunzipSync(readFileSync(path)), { from_line: 2, skip_empty_lines: true })
}

function toMovies(rows: string[][]): Movies {
  rows.sort((a, b) => Number(a[0]) - Number(b[0]))
  return {
    count: rows.length,
    ids: Int32Array.from(rows, (row) => Number(row[0])),
    titles: rows.map((row) => row[1]),
    years: rows.map((row) => yearOf(row[1])),
    genres: rows.map((row) => (row[2] === '(no genres listed)' ? [] : row[2].split('|'))),
  }
}

/** The year a title ends with, e.g. 1995 of `Heat (1995)`; undefined where there is none. */
export function yearOf(title: string): number | undefined {
  const match = /\((\d{4})\)\s*$/.exec(title)
  return match === null ? undefined : Number(match[1])
}

function toRatings(rows: string[][], movies: Movies): Omit<MovieLens, 'movies'> {
  const parsed = rows.map((row) => ({
    user: Number(row[0]),
    movie: Number(row[1]),
    value: Number(row[2]),
    timestampS: Number(row[3]),
  }))
  parsed.sort((a, b) => a.timestampS - b.timestampS || a.user - b.user || a.movie - b.movie)
  const userIds = Int32Array.from(new Set(parsed.map((row) => row.user))).sort()
  const movieIndex = new Map(Array.from(movies.ids, (id, index) => [id, index]))
  const userIndex = new Map(Array.from(userIds, (id, index) => [id, index]))
  const ratings: Ratings = {
    count: parsed.length,
    user: Int32Array.from(parsed, (row) => userIndex.get(row.user)!),
    movie: Int32Array.from(parsed, (row) => {
      const index = movieIndex.get(row.movie)
      if (index === undefined) throw new Error(`ratings.csv names unknown movie ${row.movie}`)
      return index
    }),
    value: Float64Array.from(parsed, (row) => row.value),
    timestampS: Int32Array.from(parsed, (row) => row.timestampS),
  }
  return { userIds, ratings }
}
