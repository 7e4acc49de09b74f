import {
  type AttributeShapes,
  type Constraint,
  EdgewheelError,
  type Entity,
  type FieldsOfType,
  jaccardRaiser,
  rankCodes,
} from 'edgewheel'

/**
 * Diversity by maximal marginal relevance (Carbonell & Goldstein 1998): utility = λ × utility − (1 − λ) ×
 * the largest Jaccard similarity of the row's values to those of the picks above. λ 1 changes nothing, λ 0
 * looks at diversity alone; scores should be of the order of 1.
 */
export function mmr<Shapes extends AttributeShapes>(
  entity: Entity<string, Shapes>,
  field: FieldsOfType<Shapes, string | readonly string[]>,
  { lambda }: { readonly lambda: number },
): Constraint {
  if (!(lambda >= 0 && lambda <= 1))
    throw new EdgewheelError(
      'invalid_definition',
      `mmr ${field}: lambda ${lambda} is not in [0, 1]`,
    )
  return {
    stage: 'rank',
    name: `mmr_${field}`,
    options: { field, lambda },
    reads: { [entity.name]: entity.maybe(field) },
    read: (pool) => rankCodes(pool, field),
    begin(column, rows) {
      if (column.kind !== 'codes') throw new TypeError('mmr reads codes')
      const raise = jaccardRaiser(column, rows)
      const similarity = new Float64Array(rows)
      return {
        adjust(utilities) {
          for (let row = 0; row < rows; row++)
            utilities[row] = lambda * utilities[row] - (1 - lambda) * similarity[row]
        },
        taken: (row) => raise(row, similarity),
      }
    },
  }
}
