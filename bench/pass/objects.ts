import type { Catalogue, PlainItem } from './catalogue.ts'
import { FALLBACK, weightOf } from './mixture.ts'

interface Given {
  readonly item: PlainItem
  readonly user: Readonly<Record<string, number>>
}

/** A feature over objects. */
export interface PlainFeature {
  readonly name: string
  readonly compute: (given: Given) => number | null
}

/**
 * The pass as it is commonly written: records in a Map by id, for each candidate an object with a Map of
 * its features, weights in a Map by name, and a sort. (Features in an object by name are slower still.)
 */
export function objectsPass(
  { table, plain, candidates, user }: Catalogue,
  chain: readonly PlainFeature[],
): (limit: number) => string[] {
  const ids = Array.from(candidates, (slot) => table.ids[slot])
  const weights = new Map(chain.map(({ name }, i) => [name, weightOf(i)]))
  return (limit) =>
    ids
      .map((id) => {
        const given = { item: plain.get(id) as PlainItem, user }
        const values = new Map<string, number>()
        for (const { name, compute } of chain) {
          const value = compute(given)
          values.set(name, value !== null && Number.isFinite(value) ? value : FALLBACK)
        }
        let score = 0
        for (const [name, value] of values) score += (weights.get(name) ?? 0) * value
        return { id, values, score }
      })
      .sort((a, b) => b.score - a.score)
      .slice(0, limit)
      .map(({ id }) => id)
}
