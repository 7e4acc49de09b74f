import {
  type AttributeShapes,
  type Constraint,
  EdgewheelError,
  type Entity,
  type FieldsOfType,
  rankCodes,
} from 'edgewheel'

/**
 * At most `max` rows of each value of a field on a page: `maxPerGroup(Item, 'genres', 3)`. With a list, a
 * row counts for each of its values and waits as soon as one of them is full. Rows without a value pass.
 */
export function maxPerGroup<Shapes extends AttributeShapes>(
  entity: Entity<string, Shapes>,
  field: FieldsOfType<Shapes, string | readonly string[]>,
  max: number,
): Constraint {
  if (!Number.isInteger(max) || max < 1)
    throw new EdgewheelError(
      'invalid_definition',
      `maxPerGroup ${field}: max is a whole number from 1`,
    )
  return {
    stage: 'rank',
    name: `max_per_${field}`,
    options: { field, max },
    reads: { [entity.name]: entity.maybe(field) },
    read: (pool) => rankCodes(pool, field),
    begin(column, rows) {
      if (column.kind !== 'codes') throw new TypeError('maxPerGroup reads codes')
      const { offsets, codes } = column
      const counts = new Map<number, number>()
      const blocked = new Uint8Array(rows)
      const block = (full: number): void => {
        for (let row = 0; row < rows; row++)
          for (let i = offsets[row]; i < offsets[row + 1]; i++)
            if (codes[i] === full) blocked[row] = 1
      }
      return {
        blocked,
        taken(row) {
          let changed = false
          for (let i = offsets[row]; i < offsets[row + 1]; i++) {
            const count = (counts.get(codes[i]) ?? 0) + 1
            counts.set(codes[i], count)
            if (count !== max) continue
            block(codes[i])
            changed = true
          }
          return changed
        },
      }
    },
  }
}
