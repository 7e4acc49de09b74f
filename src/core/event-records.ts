import type { Entity } from './entity.ts'
import type { EventType } from './event.ts'
import type { OutcomeEvent } from './event-envelope.ts'
import { hash96 } from './event-hash.ts'

/** The texts of a record's field: one, several, or none where it is missing. */
export type TextsOf = (entity: string, id: string, field: string) => readonly string[]

/** The most records of one entity that one event updates; later values of a list are left out. */
export const MAX_RECORDS_PER_EVENT = 32

const MAX_ID_LENGTH = 128

/** Whether events of a type can update records of an entity: it is their item or user, or made of those. */
export function touches({ name, parts }: Entity, { item, user }: EventType): boolean {
  const roles = [item, user]
  return parts === null ? roles.includes(name) : parts.every(({ entity }) => roles.includes(entity))
}

/**
 * The ids of the records of an entity that an event updates, each once. Without consent to personalize,
 * none that a user is part of. Fields of other records are asked of `textsOf`: ask once and keep the
 * answer with the event, or a rebuild may find other genres.
 */
export function recordsOf(
  entity: Entity,
  type: EventType,
  event: Pick<OutcomeEvent, 'item' | 'user' | 'consent'>,
  textsOf: TextsOf,
): readonly string[] {
  const user = event.consent.personalize ? event.user : null
  const idsOf = (name: string): string[] => {
    const ids = [type.item === name ? event.item : null, type.user === name ? user : null]
    return ids.filter((id) => id !== null)
  }
  if (entity.parts === null) return [...new Set(idsOf(entity.name))]
  let combined: string[][] = [[]]
  for (const part of entity.parts) {
    const ids = idsOf(part.entity)
    const texts =
      part.field === null
        ? ids
        : ids.flatMap((id) => textsOf(part.entity, id, part.field as string))
    const different = [...new Set(texts)].slice(0, MAX_RECORDS_PER_EVENT)
    combined = combined.flatMap((before) => different.map((text) => [...before, text]))
  }
  return combined.slice(0, MAX_RECORDS_PER_EVENT).map(pairId)
}

/**
 * The id of a record that is made of several parts: `u_42:Sci-Fi`, percent-encoded where a part holds what
 * ids do not, or `:` or `%`. Longer than 128 characters, the end gives way to a hash of the whole.
 */
export function pairId(parts: readonly string[]): string {
  const id = parts.map(escaped).join(':')
  if (id.length <= MAX_ID_LENGTH) return id
  return `${id.slice(0, MAX_ID_LENGTH - 17)}~${hash96(id)}`
}

const encoder = new TextEncoder()

function escaped(part: string): string {
  if (/^[\x21-\x24\x26-\x39\x3b-\x7e]*$/.test(part)) return part
  let text = ''
  for (const byte of encoder.encode(part)) {
    const plain = byte > 0x20 && byte < 0x7f && byte !== 0x25 && byte !== 0x3a
    text += plain
      ? String.fromCharCode(byte)
      : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
  }
  return text
}
