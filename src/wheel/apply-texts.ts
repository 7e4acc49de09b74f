import type { OutcomeEvent } from '../core/event-envelope.ts'
import type { TextsOf } from '../core/event-records.ts'
import type { FieldValue } from '../core/field.ts'
import type { Table } from '../core/table.ts'
import { type ChangeDefinitions, countingEntities } from './apply-changes.ts'
import { slotRecord } from './decide.ts'
import type { Runtime } from './runtime.ts'

/** What {@link textsFor} reads from. */
export interface TextOptions extends ChangeDefinitions, Pick<Runtime, 'tables' | 'owners'> {}

/** How long a cold isolate waits for a page before it asks the owner, ms. */
const WAIT_MS = 2_000

/**
 * The fields that records of pairs are made of, for some events: from this isolate's page where it holds
 * the record, else from the record's owner. Rejects where neither answers.
 */
export async function textsFor(
  options: TextOptions,
  events: readonly OutcomeEvent[],
): Promise<TextsOf> {
  const known = new Map<string, Map<string, ReadonlyMap<string, readonly string[]>>>()
  for (const [entity, { ids, fields }] of wanted(options, events)) {
    const table = await tableOf(options, entity)
    const texts = new Map<string, ReadonlyMap<string, readonly string[]>>()
    for (const id of ids) texts.set(id, await textsOf(options, entity, id, fields, table))
    known.set(entity, texts)
  }
  return (entity, id, field) => known.get(entity)?.get(id)?.get(field) ?? []
}

interface Wanted {
  readonly ids: Set<string>
  readonly fields: Set<string>
}

function wanted(
  options: TextOptions,
  events: readonly OutcomeEvent[],
): ReadonlyMap<string, Wanted> {
  const all = new Map<string, Wanted>()
  const counting = countingEntities(options)
  for (const { type: name, trust, item, user, consent } of events) {
    const type = options.events.get(name)
    if (!type || trust !== 'counted') continue
    for (const { parts } of counting.get(name) ?? [])
      for (const { entity, field } of parts ?? []) {
        if (field === null) continue
        const one = all.get(entity) ?? { ids: new Set(), fields: new Set() }
        all.set(entity, one)
        one.fields.add(field)
        if (type.item === entity && item !== null) one.ids.add(item)
        if (type.user === entity && user !== null && consent.personalize) one.ids.add(user)
      }
  }
  return all
}

async function tableOf({ entities, tables }: TextOptions, name: string): Promise<Table | null> {
  const entity = entities.get(name)
  if (entity?.layout !== 'paged') return null
  const { value } = await tables.read(entity, { waitMs: WAIT_MS, waitUntil: () => {} })
  return value
}

async function textsOf(
  { owners }: TextOptions,
  entity: string,
  id: string,
  fields: ReadonlySet<string>,
  table: Table | null,
): Promise<ReadonlyMap<string, readonly string[]>> {
  if (table && table.slotOf(id) >= 0) {
    const record = slotRecord(table, id)
    return new Map([...fields].map((field) => [field, listOf(record.value(field))]))
  }
  const record = await owners.read(entity, id)
  return new Map([...fields].map((field) => [field, listOf(record?.fields[field]?.value)]))
}

function listOf(value: FieldValue | null | undefined): readonly string[] {
  if (Array.isArray(value)) return value.filter((text) => typeof text === 'string')
  return typeof value === 'string' ? [value] : []
}
