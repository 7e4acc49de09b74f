import { GROUP_LIMITS } from './publisher.ts'

/** What waits in an Outbox object, and what it knows to be lost. */
export interface OutboxState {
  readonly messages: number
  readonly bytes: number
  /** Messages that were lost, ever. */
  readonly lost: number
  /** When the oldest one came, epoch ms; null: none waits. */
  readonly oldestMs: number | null
}

/** A message that waits. */
export interface WaitingMessage {
  readonly id: number
  readonly body: Uint8Array
}

/** The messages of one Outbox object, in its SQLite. All methods are synchronous. */
export interface OutboxRows {
  state(): OutboxState
  /** All or none. */
  add(messages: readonly Uint8Array[], nowMs: number): void
  /** As many as one call of the queue takes, the oldest first. */
  oldest(): WaitingMessage[]
  delete(ids: readonly number[]): void
  addLost(count: number): void
}

/** The rows in `storage`. */
export function outboxRows(storage: DurableObjectStorage): OutboxRows {
  const { sql } = storage
  sql.exec(
    `CREATE TABLE IF NOT EXISTS messages (
       id INTEGER PRIMARY KEY AUTOINCREMENT, at_ms INTEGER NOT NULL, body BLOB NOT NULL)`,
  )
  sql.exec('CREATE TABLE IF NOT EXISTS lost (one INTEGER PRIMARY KEY, count INTEGER NOT NULL)')
  // Counted once and then kept in memory: summing up a full outbox for every message would be slow.
  const known = sql
    .exec<{ messages: number; bytes: number }>(
      'SELECT COUNT(*) AS messages, COALESCE(SUM(LENGTH(body)), 0) AS bytes FROM messages',
    )
    .one()
  let { messages: count, bytes } = known

  return {
    state() {
      const { oldest } = sql
        .exec<{ oldest: number | null }>('SELECT at_ms AS oldest FROM messages ORDER BY id LIMIT 1')
        .toArray()[0] ?? { oldest: null }
      const [row] = sql.exec<{ count: number }>('SELECT count FROM lost').toArray()
      return { messages: count, bytes, lost: row?.count ?? 0, oldestMs: oldest }
    },

    add(messages, nowMs) {
      storage.transactionSync(() => {
        for (const body of messages)
          sql.exec('INSERT INTO messages (at_ms, body) VALUES (?, ?)', nowMs, exact(body))
      })
      count += messages.length
      bytes += messages.reduce((sum, { length }) => sum + length, 0)
    },

    oldest() {
      const group: WaitingMessage[] = []
      let size = 0
      // A cursor reads, and is billed for, what is taken from it.
      for (const { id, body } of sql.exec<{ id: number; body: ArrayBuffer }>(
        'SELECT id, body FROM messages ORDER BY id LIMIT ?',
        GROUP_LIMITS.messages,
      )) {
        size += body.byteLength
        if (group.length > 0 && size > GROUP_LIMITS.bytes) break
        group.push({ id, body: new Uint8Array(body) })
      }
      return group
    },

    delete(ids) {
      const list = JSON.stringify(ids)
      const gone = sql
        .exec<{ size: number }>(
          `DELETE FROM messages WHERE id IN (SELECT value FROM json_each(?))
           RETURNING LENGTH(body) AS size`,
          list,
        )
        .toArray()
      count -= gone.length
      bytes -= gone.reduce((sum, { size }) => sum + size, 0)
    },

    addLost(more) {
      sql.exec(
        `INSERT INTO lost (one, count) VALUES (1, ?1)
         ON CONFLICT (one) DO UPDATE SET count = count + ?1`,
        more,
      )
    },
  }
}

/** A view's own bytes: the binding takes the whole buffer behind it. */
function exact(body: Uint8Array): ArrayBuffer {
  return body.slice().buffer
}
