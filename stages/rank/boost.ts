import { type Constraint, EdgewheelError, type Reads, rankNumbers, type ValuesOf } from 'edgewheel'

/**
 * Adds `by` (below 0: takes it away) to the utility of the rows that `when` picks, before the ranker and
 * the constraints listed after it look: a campaign, a house rule. Scores stay as the model gave them. Rows
 * that lack a field which `reads` picks are not boosted.
 */
export function boost<const R extends Reads>(
  name: string,
  options: {
    readonly reads: R
    readonly by: number
    readonly when: (values: ValuesOf<R>) => boolean
  },
): Constraint {
  const { reads, by, when } = options
  if (!(Math.abs(by) <= 1e100))
    throw new EdgewheelError('invalid_definition', `boost ${name}: by ${by} is out of range`)
  return {
    stage: 'rank',
    name,
    options: { by },
    reads,
    read: (pool, scope) => rankNumbers(pool, scope, reads, (values) => (when(values) ? 1 : 0)),
    begin(column, rows) {
      if (column.kind !== 'numbers') throw new TypeError(`boost ${name} reads numbers`)
      const { values } = column
      return {
        fixed: true,
        adjust(utilities) {
          for (let row = 0; row < rows; row++) if (values[row] === 1) utilities[row] += by
        },
      }
    },
  }
}
