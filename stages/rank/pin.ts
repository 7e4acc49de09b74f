import { type Constraint, candidate, EdgewheelError, rankNumbers } from 'edgewheel'

/**
 * Puts candidates at fixed positions: `pin({ 1: '318' })`. They stand there with propensity 1 and nowhere
 * else, and pass the filters like all others: one that is filtered out leaves its position to the ranker.
 */
export function pin(positions: Readonly<Record<number, string>>): Constraint {
  const positionOf = new Map<string, number>()
  for (const [position, id] of Object.entries(positions)) {
    if (!/^[1-9]\d{0,2}$/.test(position) || positionOf.has(id))
      throw new EdgewheelError(
        'invalid_definition',
        `pin: each position is a whole number from 1, each id stands once; got ${position}: ${id}`,
      )
    positionOf.set(id, Number(position))
  }
  const reads = { candidate }
  return {
    stage: 'rank',
    name: 'pin',
    options: { positions },
    wants: () => [...positionOf.keys()],
    reads,
    read: (pool, scope) =>
      rankNumbers(pool, scope, reads, ({ candidate }) => positionOf.get(candidate.id) ?? 0),
    begin(column) {
      if (column.kind !== 'numbers') throw new TypeError('pin reads numbers')
      const { values } = column
      return {
        force: (position) => values.indexOf(position),
        blocked: Uint8Array.from(values, (position) => (position > 0 ? 1 : 0)),
      }
    },
  }
}
