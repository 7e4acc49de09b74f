import { aggregateAt } from '../../src/core/aggregate/batch.ts'
import type { Entity } from '../../src/core/entity.ts'
import { type EventView, eventView } from '../../src/core/event-envelope.ts'
import { isIdSet } from '../../src/core/field.ts'
import type { OwnedRecord } from '../../src/wheel/records.ts'
import type { Fact } from './history.ts'

/** A record of which the numbers are known. */
export interface Expected {
  readonly entity: Entity
  readonly id: string
  readonly events: readonly EventView[]
  readonly isRetracted: (event: EventView) => boolean
}

/** The records that facts make, each with its events: nothing but lists. */
export function expectedRecords(entities: readonly Entity[], facts: readonly Fact[]): Expected[] {
  const retracted = new Set<EventView>()
  const records = new Map<string, { entity: Entity; id: string; events: EventView[] }>()
  for (const { event, retracted: isBack } of facts) {
    const view = eventView(event)
    if (isBack) retracted.add(view)
    const user = event.consent.personalize ? event.user : null
    const ids: Record<string, string | null> = {
      item: event.item,
      user,
      taste: user === null ? null : `${user}:${event.item}`,
    }
    for (const entity of entities) {
      const id = ids[entity.name] ?? null
      if (id === null || !entity.aggregates.types.has(event.type)) continue
      const name = `${entity.name} ${id}`
      const record = records.get(name) ?? { entity, id, events: [] }
      records.set(name, record)
      record.events.push(view)
    }
  }
  return [...records.values()].map((record) => ({
    ...record,
    isRetracted: (event) => retracted.has(event),
  }))
}

/** What is wrong with a record as its owner reads it out, in words; null: nothing. */
export function wrongWith(
  { entity, id, events, isRetracted }: Expected,
  record: OwnedRecord | null,
  nowMs: number,
): string | null {
  for (const [name, aggregate] of Object.entries(entity.aggregates.definitions)) {
    const expected = aggregateAt(aggregate, events, nowMs, isRetracted)
    const value = isIdSet(expected.value) ? expected.value.size : expected.value
    const is = record?.fields[name] ?? entity.aggregates.valueAt({ slots: [] }, name, nowMs)
    // A record without anything it takes is not kept at all.
    const same =
      JSON.stringify(is.value) === JSON.stringify(value) &&
      is.status === expected.status &&
      is.updatedAtMs === expected.updatedAtMs
    if (!same)
      return `${entity.name} ${id}, ${name}: is ${JSON.stringify(is)}, not ${JSON.stringify({ ...expected, value })}`
  }
  return null
}
