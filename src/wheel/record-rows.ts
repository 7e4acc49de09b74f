import type { FieldValue } from '../core/field.ts'
import { decodeFields, encodeFields, mergeFields, type OwnedFields } from './record-fields.ts'
import type { OwnerStateRow } from './record-state.ts'

/** A record as it is kept; `fields` null: removed, and its published value has yet to be deleted. */
export interface KeptRecord {
  readonly id: string
  readonly slot: number
  readonly fields: OwnedFields | null
  readonly publishedAtMs: number | null
}

/** A keyed record that was changed and not published since; `revision` is that of its last change. */
export interface PendingRecord extends KeptRecord {
  readonly revision: number
}

/** The records of one object, in its SQLite. All methods are synchronous; changes are one transaction each. */
export interface RecordRows {
  /** Applies the rows in their order, all or none; whether readers must hear of it. */
  upsert(rows: readonly Upsert[]): boolean
  read(id: string): KeptRecord | null
  /** Whether there was such a record. */
  remove(id: string): boolean
  /** Those of `ids` that somebody pushed, or that have a slot. */
  live(ids: readonly string[]): Set<string>
  /** Makes readers hear of keyed records whose events have changed them; creates those that are not there. */
  touch(ids: readonly string[]): void
  /** Creates paged records that nobody pushed, each with a slot. */
  addSlots(ids: readonly string[]): void
  count(): number
  /** Every live record, one at a time and in no promised order. */
  each(): Iterable<KeptRecord>
  /** The oldest changes up to a revision, as many as one write takes. */
  pending(upToRevision: number): PendingRecord[]
  /** Takes back the mark of those that have not been changed again. */
  published(records: readonly PendingRecord[], atMs: number): void
}

interface Upsert {
  readonly id: string
  readonly attributes: Readonly<Record<string, FieldValue | null>>
  readonly updatedAtMs: number
}

/** The largest record an owner takes, in characters of its JSON. */
export const MAX_RECORD_CHARS = 500_000

/** A parameter has at most 2 MB: 3 bytes a character and some room. */
const MAX_PARAMETER_CHARS = 600_000
const ID = /^[\x21-\x7e]{1,128}$/
const MAX_BATCH = 100
const MAX_BATCH_CHARS = 4_000_000

const SCHEMA = `
CREATE TABLE IF NOT EXISTS records (
  id TEXT PRIMARY KEY,
  slot INTEGER NOT NULL,
  fields TEXT,
  pending INTEGER,
  published_at INTEGER
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS records_pending ON records (pending) WHERE pending IS NOT NULL;
`

type Row = { id: string; slot: number; fields: string | null; published_at: number | null }

/** The rows of one object; `layout` says whether records have slots in a page or are published one by one. */
export function recordRows(
  storage: DurableObjectStorage,
  layout: 'paged' | 'keyed',
  state: OwnerStateRow,
): RecordRows {
  const { sql } = storage
  sql.exec(SCHEMA)

  function upsert(rows: readonly Upsert[]): boolean {
    const bad = rows.find(({ id }) => !ID.test(id))
    // One such id would spoil the page for all.
    if (bad) throw new RangeError(`record ${JSON.stringify(bad.id)}: no id`)
    const known = new Map<string, KeptRecord>()
    const ids = JSON.stringify(rows.map(({ id }) => id))
    const found = sql.exec<Row>(
      'SELECT * FROM records WHERE id IN (SELECT value FROM json_each(?))',
      ids,
    )
    for (const row of found) if (row.fields !== null) known.set(row.id, kept(row))
    const revision = state.get().revision + 1
    let { slots } = state.get()
    let mustPublish = false
    const changed = new Set<string>()
    for (const { id, attributes, updatedAtMs } of rows) {
      const record = known.get(id) ?? { id, slot: -1, fields: new Map(), publishedAtMs: null }
      const change = mergeFields(record.fields ?? new Map(), attributes, updatedAtMs)
      const isNew = record.slot < 0
      if (change === 'none' && !isNew) continue
      known.set(id, isNew ? { ...record, slot: layout === 'paged' ? slots++ : 0 } : record)
      changed.add(id)
      if (isNew || change === 'values' || layout === 'keyed') mustPublish = true
    }
    if (changed.size === 0) return false
    const pending = layout === 'keyed' ? revision : null
    state.transaction(() => {
      for (const part of inParameters([...changed].map((id) => entryOf(known.get(id)!, pending))))
        sql.exec(
          `INSERT INTO records (id, slot, fields, pending)
           SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3 FROM json_each(?) WHERE true
           ON CONFLICT (id) DO UPDATE SET fields = excluded.fields, slot = excluded.slot, pending = excluded.pending`,
          part,
        )
      if (mustPublish) state.set({ revision, slots })
    })
    return mustPublish
  }

  function remove(id: string): boolean {
    const record = read(id)
    if (!record) return false
    const revision = state.get().revision + 1
    state.transaction(() => {
      // A keyed record stays as a mark until its published value is gone.
      if (layout === 'paged') sql.exec('DELETE FROM records WHERE id = ?', id)
      else sql.exec('UPDATE records SET fields = NULL, pending = ? WHERE id = ?', revision, id)
      state.set({ revision })
    })
    return true
  }

  function read(id: string): KeptRecord | null {
    const row = sql
      .exec<Row>('SELECT * FROM records WHERE id = ? AND fields IS NOT NULL', id)
      .toArray()[0]
    return row ? kept(row) : null
  }

  function live(ids: readonly string[]): Set<string> {
    const rows = sql.exec<{ id: string }>(
      `SELECT id FROM records WHERE fields IS NOT NULL AND id IN (SELECT value FROM json_each(?))`,
      JSON.stringify(ids),
    )
    return new Set([...rows].map(({ id }) => id))
  }

  function touch(ids: readonly string[]): void {
    const revision = state.get().revision + 1
    sql.exec(
      `INSERT INTO records (id, slot, fields, pending)
       SELECT value, 0, '[]', ? FROM json_each(?) WHERE true
       ON CONFLICT (id) DO UPDATE SET pending = excluded.pending, fields = coalesce(fields, '[]')`,
      revision,
      JSON.stringify(ids),
    )
    state.set({ revision })
  }

  function addSlots(ids: readonly string[]): void {
    const { slots, revision } = state.get()
    sql.exec(
      `INSERT INTO records (id, slot, fields)
       SELECT value, ? + key, '[]' FROM json_each(?)`,
      slots,
      JSON.stringify(ids),
    )
    state.set({ slots: slots + ids.length, revision: revision + 1 })
  }

  function* each(): Iterable<KeptRecord> {
    for (const row of sql.exec<Row>('SELECT * FROM records WHERE fields IS NOT NULL'))
      yield kept(row)
  }

  function pending(upToRevision: number): PendingRecord[] {
    const records: PendingRecord[] = []
    let chars = 0
    const rows = sql.exec<Row & { pending: number }>(
      'SELECT * FROM records WHERE pending <= ? ORDER BY pending LIMIT ?',
      upToRevision,
      MAX_BATCH,
    )
    for (const row of rows) {
      records.push({ ...kept(row), revision: row.pending })
      chars += row.fields?.length ?? 0
      if (chars > MAX_BATCH_CHARS) break
    }
    return records
  }

  function published(records: readonly PendingRecord[], atMs: number): void {
    const marks = JSON.stringify(records.map(({ id, revision }) => [id, revision]))
    const these = '(id, pending) IN (SELECT value ->> 0, value ->> 1 FROM json_each(?))'
    state.transaction(() => {
      sql.exec(`DELETE FROM records WHERE fields IS NULL AND ${these}`, marks)
      sql.exec(`UPDATE records SET pending = NULL, published_at = ? WHERE ${these}`, atMs, marks)
    })
  }

  return {
    upsert,
    read,
    remove,
    live,
    touch,
    addSlots,
    count: () =>
      sql
        .exec<{ live: number }>('SELECT count(*) AS live FROM records WHERE fields IS NOT NULL')
        .one().live,
    each,
    pending,
    published,
  }
}

function kept(row: Row): KeptRecord {
  const fields = row.fields === null ? null : decodeFields(row.fields)
  return { id: row.id, slot: row.slot, fields, publishedAtMs: row.published_at }
}

function entryOf({ id, slot, fields }: KeptRecord, pending: number | null): string {
  const text = encodeFields(fields ?? new Map())
  if (text.length > MAX_RECORD_CHARS)
    throw new RangeError(
      `record ${id}: ${text.length} characters, at most ${MAX_RECORD_CHARS} are kept`,
    )
  return JSON.stringify([id, slot, text, pending])
}

/** JSON arrays of the entries, each small enough for one parameter (quotes within quotes may double it). */
function* inParameters(entries: readonly string[]): Generator<string> {
  let part: string[] = []
  let chars = 0
  for (const entry of entries) {
    if (part.length > 0 && chars + entry.length > MAX_PARAMETER_CHARS) {
      yield `[${part.join()}]`
      part = []
      chars = 0
    }
    part.push(entry)
    chars += entry.length + 1
  }
  yield `[${part.join()}]`
}
