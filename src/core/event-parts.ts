import { EdgewheelError } from './errors.ts'
import type { RecordRead } from './read.ts'

/** One part of the id of a pair: a record that an event names, or a field of that record. */
export interface EntityPart {
  readonly name: string
  readonly entity: string
  /** Null: the id itself. */
  readonly field: string | null
}

/** How a definition writes parts: an entity, or one field of it by `pick`. */
export type EntityParts = Readonly<Record<string, { readonly name: string } | RecordRead>>

/** The parts of a pair's id in the order written. Throws `invalid_definition` unless two to four make one. */
export function partsOf(entity: string, of: EntityParts | undefined): readonly EntityPart[] | null {
  if (of === undefined) return null
  const refuse = (problem: string): never => {
    throw new EdgewheelError('invalid_definition', `entity ${entity}, of: ${problem}`)
  }
  const parts = Object.entries(of).map(([name, part]): EntityPart => {
    if (!('read' in part)) return { name, entity: part.name, field: null }
    if (part.fields.length !== 1) refuse(`${name} picks one field`)
    return { name, entity: part.entity, field: part.fields[0] }
  })
  if (parts.length < 2 || parts.length > 4) refuse('name two to four parts')
  return parts
}
