import type { OutcomeEvent } from '../core/event-envelope.ts'
import type { PartFormat, Row } from './lake-parquet.ts'
import type { EntityChange } from './message.ts'

/** Parts of outcomes: every accepted event, counted or not. */
export const OUTCOME_PARTS: PartFormat = {
  kind: 'outcome',
  version: 1,
  columns: [
    { name: 'schema_version', type: 'integer' },
    { name: 'event_id', type: 'text' },
    { name: 'type', type: 'text' },
    { name: 'item_id', type: 'text', nullable: true },
    { name: 'user_id', type: 'text', nullable: true },
    { name: 'position', type: 'integer', nullable: true },
    { name: 'value', type: 'real', nullable: true },
    { name: 'event_at', type: 'time' },
    { name: 'received_at', type: 'time' },
    { name: 'key_at', type: 'time' },
    { name: 'trust', type: 'text' },
    { name: 'voucher', type: 'text', nullable: true },
    { name: 'decision_id', type: 'text', nullable: true },
    { name: 'use_case', type: 'text', nullable: true },
    { name: 'variant', type: 'text', nullable: true },
    { name: 'model_version', type: 'text', nullable: true },
    { name: 'retracts', type: 'text', nullable: true },
    { name: 'properties', type: 'text' },
    { name: 'consent_personalize', type: 'flag' },
    { name: 'consent_train', type: 'flag' },
  ],
}

/** The row of an event. */
export function outcomeRow(event: OutcomeEvent): Row {
  return {
    schema_version: OUTCOME_PARTS.version,
    event_id: event.id,
    type: event.type,
    item_id: event.item,
    user_id: event.user,
    position: event.position,
    value: event.value,
    event_at: event.eventTimeMs,
    received_at: event.receivedMs,
    key_at: event.keyTimeMs,
    trust: event.trust,
    voucher: event.voucher,
    decision_id: event.decisionId,
    use_case: event.useCase,
    variant: event.variant,
    model_version: event.model,
    retracts: event.retracts,
    properties: JSON.stringify(event.properties),
    consent_personalize: event.consent.personalize,
    consent_train: event.consent.train,
  }
}

/** The event of a row. */
export function outcomeOf(row: Row): OutcomeEvent {
  return {
    id: row.event_id,
    type: row.type,
    item: row.item_id,
    user: row.user_id,
    position: row.position,
    value: row.value,
    eventTimeMs: row.event_at,
    receivedMs: row.received_at,
    keyTimeMs: row.key_at,
    trust: row.trust,
    voucher: row.voucher,
    decisionId: row.decision_id,
    useCase: row.use_case,
    variant: row.variant,
    model: row.model_version,
    retracts: row.retracts,
    properties: JSON.parse(row.properties as string),
    consent: {
      personalize: row.consent_personalize as boolean,
      train: row.consent_train as boolean,
    },
  } as OutcomeEvent
}

/** Parts of what was pushed for records. */
export const ENTITY_PARTS: PartFormat = {
  kind: 'entity',
  version: 1,
  columns: [
    { name: 'schema_version', type: 'integer' },
    { name: 'entity', type: 'text' },
    { name: 'entity_id', type: 'text' },
    { name: 'updated_at', type: 'time' },
    { name: 'received_at', type: 'time' },
    { name: 'removed', type: 'flag' },
    { name: 'attributes', type: 'text' },
  ],
}

/** The row of a change. */
export function entityRow(change: EntityChange): Row {
  return {
    schema_version: ENTITY_PARTS.version,
    entity: change.entity,
    entity_id: change.id,
    updated_at: change.updatedAtMs,
    received_at: change.receivedMs,
    removed: change.attributes === null,
    attributes: JSON.stringify(change.attributes ?? {}),
  }
}

/** The change of a row. */
export function entityChangeOf(row: Row): EntityChange {
  return {
    entity: row.entity as string,
    id: row.entity_id as string,
    attributes: row.removed ? null : JSON.parse(row.attributes as string),
    updatedAtMs: row.updated_at as number,
    receivedMs: row.received_at as number,
  }
}
