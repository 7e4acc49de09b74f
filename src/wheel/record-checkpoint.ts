import { DAY_MS } from '../core/duration.ts'
import type { Entity } from '../core/entity.ts'
import { EdgewheelError } from '../core/errors.ts'
import { packSections, readSections } from '../store/sections.ts'
import type { DedupeRows } from './dedupe.ts'
import type { OwnerStateRow } from './record-state.ts'
import type { ReplayLedger } from './replay-ledger.ts'

/** A part of a checkpoint, and what to ask for the next one with; null: it was the last. */
export interface CheckpointPart {
  readonly bytes: Uint8Array
  readonly next: CheckpointCursor | null
}

/** Where a checkpoint goes on: after a record, or with an hour of keys. */
export type CheckpointCursor = { readonly afterId: string } | { readonly fromHour: number }

/** What a checkpoint is of. */
export interface CheckpointRows {
  readonly storage: DurableObjectStorage
  readonly entity: Entity
  readonly shard: number
  readonly state: OwnerStateRow
  readonly dedupe: DedupeRows
  readonly ledger: ReplayLedger
}

const FORMAT = 'edgewheel/checkpoint@1'
const RECORDS_PER_PART = 2_000

interface Head {
  readonly format: typeof FORMAT
  readonly entity: string
  readonly shard: number
  readonly shards: number
  readonly asOfMs: number
  readonly part: 'state' | 'records' | 'keys'
}

interface StatePart extends Head {
  readonly part: 'state'
  readonly slots: number
  readonly unpushed: number
  readonly keysFromHour: number
  readonly tombstones: readonly (readonly [id: string, untilMs: number])[]
  readonly replays: readonly (readonly [name: string, next: number])[]
}

interface RecordsPart extends Head {
  readonly part: 'records'
  /** Fields null: nobody pushed it. Length 0: it has no events. */
  readonly records: readonly (readonly [
    id: string,
    slot: number,
    fields: string | null,
    stateBytes: number,
  ])[]
}

interface KeysPart extends Head {
  readonly part: 'keys'
  readonly hours: readonly (readonly [hour: number, bytes: number])[]
}

/**
 * One part of all that an object knows, as of a time: equal bytes for equal states, whatever the order in
 * which events came. Without a cursor, the first.
 */
export function checkpointPart(
  rows: CheckpointRows,
  cursor: CheckpointCursor | null,
  asOfMs: number,
): CheckpointPart {
  const { entity, shard } = rows
  const head = {
    format: FORMAT,
    ...{ entity: entity.name, shard, shards: entity.shards, asOfMs },
  } as const
  if (cursor === null) return stateOf(rows, head)
  return 'afterId' in cursor
    ? recordsOf(rows, head, cursor.afterId)
    : keysOf(rows, head, cursor.fromHour)
}

type AnyHead = Omit<Head, 'part'>

function stateOf({ storage, state, ledger }: CheckpointRows, head: AnyHead): CheckpointPart {
  const { slots, unpushed, keysFromHour } = state.get()
  const rows = storage.sql.exec<{ id: string; until_ms: number }>(
    'SELECT id, until_ms FROM tombstones WHERE until_ms > ? ORDER BY id',
    head.asOfMs,
  )
  const part: StatePart = {
    ...head,
    part: 'state',
    ...{ slots, unpushed, keysFromHour },
    tombstones: [...rows].map(({ id, until_ms }) => [id, until_ms]),
    replays: [...ledger.all()].sort(([a], [b]) => (a < b ? -1 : 1)),
  }
  return { bytes: packSections(part, []), next: { afterId: '' } }
}

function recordsOf(
  { storage, entity }: CheckpointRows,
  head: AnyHead,
  afterId: string,
): CheckpointPart {
  const rows = storage.sql.exec<{
    id: string
    slot: number | null
    fields: string | null
    state: ArrayBuffer | null
  }>(
    `WITH ids AS (
       SELECT id FROM records WHERE id > ?1 AND fields IS NOT NULL
       UNION SELECT id FROM aggregates WHERE id > ?1 ORDER BY id LIMIT ?2
     )
     SELECT ids.id, slot, fields, state FROM ids
     LEFT JOIN records ON records.id = ids.id
     LEFT JOIN aggregates ON aggregates.id = ids.id ORDER BY ids.id`,
    afterId,
    RECORDS_PER_PART,
  )
  const states: Uint8Array[] = []
  const records = [...rows].map(({ id, slot, fields, state }) => {
    if (state) states.push(pruned(entity, new Uint8Array(state), head.asOfMs))
    return [id, slot ?? -1, fields, state ? states[states.length - 1].length : 0] as const
  })
  const part: RecordsPart = { ...head, part: 'records', records }
  const last = records[records.length - 1]
  return {
    bytes: packSections(part, [joined(states)]),
    next: records.length < RECORDS_PER_PART ? { fromHour: 0 } : { afterId: last[0] },
  }
}

function pruned(entity: Entity, bytes: Uint8Array, asOfMs: number): Uint8Array {
  const record = entity.aggregates.decode(bytes)
  entity.aggregates.prune(record, asOfMs)
  return entity.aggregates.encode(record)
}

function keysOf({ dedupe }: CheckpointRows, head: AnyHead, fromHour: number): CheckpointPart {
  const { hours, nextHour } = dedupe.export(fromHour)
  const part: KeysPart = {
    ...head,
    part: 'keys',
    hours: hours.map(({ hour, keys }) => [hour, keys.length]),
  }
  return {
    bytes: packSections(part, [joined(hours.map(({ keys }) => keys))]),
    next: nextHour === null ? null : { fromHour: nextHour },
  }
}

/**
 * Takes over one part of a checkpoint of this very shard, in the order they were made; the first one
 * replaces all that the object knows. Throws `invalid_format` for anything else.
 */
export function restorePart(rows: CheckpointRows, bytes: Uint8Array, nowMs: number): void {
  const { header, sections } = readSections(bytes)
  const part = header as StatePart | RecordsPart | KeysPart
  const { entity, shard, state } = rows
  const isOurs =
    part?.format === FORMAT &&
    part.entity === entity.name &&
    part.shard === shard &&
    part.shards === entity.shards
  if (!isOurs)
    throw new EdgewheelError(
      'invalid_format',
      `a checkpoint is not of shard ${shard} of ${entity.shards} of ${entity.name}`,
    )
  state.transaction(() => {
    if (part.part === 'state') restoreState(rows, part, nowMs)
    else if (part.part === 'records') restoreRecords(rows, part, sections[0])
    else restoreKeys(rows, part, sections[0])
  })
}

function restoreState(
  { storage, state, ledger }: CheckpointRows,
  part: StatePart,
  nowMs: number,
): void {
  for (const table of ['records', 'aggregates', 'dedupe', 'tombstones', 'replays'])
    storage.sql.exec(`DELETE FROM ${table}`)
  const { epoch, revision, aggregatesRevision } = state.get()
  const { slots, unpushed, keysFromHour } = part
  state.set({
    // The pages of before may have other slots.
    epoch: Math.max(nowMs, epoch + 1),
    revision: revision + 1,
    aggregatesRevision: aggregatesRevision + 1,
    sweepAtMs: nowMs,
    ...{ slots, unpushed, keysFromHour },
  })
  storage.sql.exec(
    'INSERT INTO tombstones SELECT value ->> 0, value ->> 1 FROM json_each(?)',
    JSON.stringify(part.tombstones),
  )
  for (const [name, next] of part.replays) ledger.advance(name, next)
}

function restoreRecords(
  { storage, entity, state }: CheckpointRows,
  part: RecordsPart,
  states: Uint8Array,
): void {
  const { revision } = state.get()
  const pending = entity.layout === 'keyed' ? revision : null
  const day = Math.floor(part.asOfMs / DAY_MS)
  let at = 0
  for (const [id, slot, fields, bytes] of part.records) {
    if (fields !== null)
      storage.sql.exec(
        'INSERT OR REPLACE INTO records (id, slot, fields, pending) VALUES (?, ?, ?, ?)',
        ...[id, slot, fields, pending],
      )
    if (bytes > 0)
      storage.sql.exec(
        'INSERT OR REPLACE INTO aggregates (id, state, touched_day) VALUES (?, ?, ?)',
        ...[id, states.slice(at, at + bytes).buffer, day],
      )
    at += bytes
  }
}

function restoreKeys({ dedupe }: CheckpointRows, part: KeysPart, keys: Uint8Array): void {
  let at = 0
  for (const [hour, bytes] of part.hours) {
    dedupe.import(hour, keys.slice(at, at + bytes))
    at += bytes
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}
