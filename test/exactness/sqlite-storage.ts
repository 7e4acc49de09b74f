import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'

/** The process that an object ran in is gone; nothing that it had not committed is left. */
export class Crash extends Error {}

/** What goes wrong in one call of an object. */
export interface CallFault {
  /** `statement`: one fails, and the object lives on. The others: it goes down around a commit. */
  readonly kind: 'statement' | 'before_commit' | 'after_commit'
  /** Which statement or commit of the call, from 0. */
  readonly at: number
}

/** What an object keeps, whatever becomes of its instances. */
export class Disk {
  readonly database = new DatabaseSync(':memory:')
  readonly statements = new Map<string, StatementSync>()
  alarmMs: number | null = null

  prepare(sql: string): StatementSync {
    const known = this.statements.get(sql) ?? this.database.prepare(sql)
    this.statements.set(sql, known)
    return known
  }

  /** The rows of a table; none where no instance has lived to make it. */
  rowsOf(table: string): Record<string, unknown>[] {
    if (this.prepare(KNOWN_TABLES).all(table).length === 0) return []
    return this.prepare(`SELECT * FROM ${table}`).all()
  }
}

const KNOWN_TABLES = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?"

const WRITES = /^\s*(INSERT|UPDATE|DELETE|CREATE|REPLACE)/i
const SCHEMA = /^\s*CREATE/i

/**
 * The storage of one instance, as the platform has it: all that is written without an `await` in between,
 * the alarm too, is committed together at the next one, or not at all. After a crash nothing works.
 */
export class SqliteStorage {
  readonly sql: { readonly exec: SqliteStorage['exec'] }
  readonly #disk: Disk
  readonly #onCrash: () => void
  #fault: CallFault | null = null
  #statements = 0
  #commits = 0
  #isOpen = false
  #depth = 0
  #alarmBefore: number | null = null
  dead = false

  constructor(disk: Disk, onCrash: () => void) {
    this.#disk = disk
    this.#onCrash = onCrash
    this.sql = { exec: (query, ...given) => this.exec(query, ...given) }
  }

  /** What will go wrong from now on; null: nothing. */
  expect(fault: CallFault | null): void {
    this.#fault = fault
    this.#statements = 0
    this.#commits = 0
  }

  /** Goes down now: what is not committed is gone. */
  crash(): void {
    if (this.dead) return
    this.dead = true
    if (this.#isOpen) this.#rollBack()
    this.#onCrash()
  }

  exec(query: string, ...given: unknown[]) {
    this.#live()
    if (this.#fault?.kind === 'statement' && this.#statements++ === this.#fault.at) {
      this.#fault = null
      throw new Error('SQLite: a statement failed')
    }
    if (WRITES.test(query)) this.#begin()
    if (SCHEMA.test(query)) {
      this.#disk.database.exec(query)
      return cursor([])
    }
    return cursor(this.#disk.prepare(query).all(...given.map(bound)))
  }

  transactionSync<T>(work: () => T): T {
    this.#live()
    this.#begin()
    const { database } = this.#disk
    const name = `s${this.#depth++}`
    database.exec(`SAVEPOINT ${name}`)
    try {
      const result = work()
      database.exec(`RELEASE ${name}`)
      return result
    } catch (error) {
      if (!this.dead) database.exec(`ROLLBACK TO ${name}; RELEASE ${name}`)
      throw error
    } finally {
      this.#depth--
    }
  }

  async getAlarm(): Promise<number | null> {
    this.#live()
    return this.#disk.alarmMs
  }

  async setAlarm(atMs: number | Date): Promise<void> {
    this.#live()
    this.#begin()
    this.#disk.alarmMs = Number(atMs)
  }

  async deleteAlarm(): Promise<void> {
    this.#live()
    this.#begin()
    this.#disk.alarmMs = null
  }

  #live(): void {
    if (this.dead) throw new Crash('the object is down')
  }

  #begin(): void {
    if (this.#isOpen) return
    this.#isOpen = true
    this.#alarmBefore = this.#disk.alarmMs
    this.#disk.database.exec('BEGIN')
    queueMicrotask(() => this.#commit())
  }

  #commit(): void {
    if (this.dead || !this.#isOpen) return
    const { kind, at } = this.#fault ?? {}
    const isHere = kind !== 'statement' && at === this.#commits++
    if (isHere && kind === 'before_commit') {
      this.crash()
      return
    }
    this.#disk.database.exec('COMMIT')
    this.#isOpen = false
    if (isHere) this.crash()
  }

  #rollBack(): void {
    this.#disk.database.exec('ROLLBACK')
    this.#disk.alarmMs = this.#alarmBefore
    this.#isOpen = false
  }
}

/** Bytes come as the platform has them. */
function cursor(found: Record<string, unknown>[]) {
  // What is null in the first row may be bytes in another.
  const names = Object.keys(found[0] ?? {}).filter((name) => typeof found[0][name] === 'object')
  for (const name of names)
    for (const row of found) {
      const value = row[name]
      if (value instanceof Uint8Array)
        row[name] = value.length === value.buffer.byteLength ? value.buffer : value.slice().buffer
    }
  return {
    toArray: () => found,
    one() {
      if (found.length !== 1) throw new Error(`expected one row, not ${found.length}`)
      return found[0]
    },
    [Symbol.iterator]: () => found[Symbol.iterator](),
  }
}

function bound(value: unknown): SQLInputValue {
  if (value instanceof ArrayBuffer) return new Uint8Array(value)
  return value as SQLInputValue
}
