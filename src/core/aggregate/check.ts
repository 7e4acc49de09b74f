import type { Entity } from '../entity.ts'
import { EdgewheelError } from '../errors.ts'
import type { EventType } from '../event.ts'
import { touches } from '../event-records.ts'
import { type Aggregate, typesOf } from './definition.ts'

/**
 * Throws `invalid_definition` where an entity counts what cannot come: an event that does not exist or
 * touches none of its records, values or properties that the event does not declare; or where a pair is
 * made of fields that its entities have not.
 */
export function checkAggregates(entities: readonly Entity[], events: readonly EventType[]): void {
  const types = new Map(events.map((type) => [type.name, type]))
  for (const entity of entities) {
    checkParts(entity, entities)
    for (const [name, aggregate] of Object.entries(entity.aggregates.definitions)) {
      const path = `entity ${entity.name}, aggregate ${name}`
      for (const typeName of typesOf(aggregate)) {
        const type = types.get(typeName)
        if (!type)
          refuse(
            `${path}: there is no event '${typeName}'; there are ${[...types.keys()].join(', ')}`,
          )
        if (!touches(entity, type))
          refuse(`${path}: event ${typeName} touches no record of ${entity.name}`)
        const lacking = lacks(aggregate, type)
        if (lacking) refuse(`${path}: event ${typeName} ${lacking}`)
      }
    }
  }
}

function checkParts({ name, parts }: Entity, entities: readonly Entity[]): void {
  for (const part of parts ?? []) {
    const path = `entity ${name}, of ${part.name}`
    const entity = entities.find((one) => one.name === part.entity)
    if (!entity) refuse(`${path}: there is no entity '${part.entity}'`)
    if (part.field === null) continue
    const field = entity.fields.get(part.field)
    if (field?.origin !== 'attribute' || (field.kind !== 'string' && field.kind !== 'strings'))
      refuse(`${path}: ${part.entity}.${part.field} is no attribute of text`)
  }
}

function lacks(aggregate: Aggregate, type: EventType): string | null {
  switch (aggregate.kind) {
    case 'sum':
    case 'mean':
    case 'min':
    case 'max':
    case 'last':
      return type.value ? null : 'declares no value'
    case 'last_k':
    case 'distinct':
    case 'seen': {
      const { of } = aggregate
      if (typeof of === 'object')
        return Object.hasOwn(type.properties, of.property)
          ? null
          : `declares no property '${of.property}'`
      return type[of] === null ? `has no ${of}` : null
    }
    default:
      return null
  }
}

function refuse(message: string): never {
  throw new EdgewheelError('invalid_definition', message)
}
