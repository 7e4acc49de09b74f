import * as z from 'zod'
import type { Comparison } from './comparison.ts'

/** One kind of fixture: how to tell it, and how to recompute what it expects. */
export interface GoldenFormat {
  readonly name: string
  /**
   * Null where the document has another shape; else a function that recomputes it. That function
   * may throw, which counts as a failure of the file.
   */
  recognize(document: unknown): ((comparison: Comparison) => void) | null
}

/** A format given by a schema and the recomputation of a document that satisfies it. */
export function goldenFormat<T>(
  name: string,
  schema: z.ZodType<T>,
  recompute: (document: T, comparison: Comparison) => void,
): GoldenFormat {
  return {
    name,
    recognize(document) {
      const parsed = schema.safeParse(document)
      return parsed.success ? (comparison) => recompute(parsed.data, comparison) : null
    },
  }
}

/** One case, or a list of at least one. */
export function oneOrMore<T extends z.ZodType>(schema: T) {
  return z.union([z.array(schema).min(1), schema.transform((single) => [single])])
}

/** A list of numbers. */
export const numbers = z.array(z.number())

/** A list of rows of numbers. */
export const table = z.array(numbers)

/** Expected quantities by name; each format knows its own names. */
export const expectations = z.record(z.string(), z.unknown())
