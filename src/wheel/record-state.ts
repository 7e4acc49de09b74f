/** Where publishing, events and the import of one object stand. Revisions count changes that readers must hear of. */
export interface OwnerState {
  /** Whose slots these are: pages of an object that was built anew have nothing to do with older ones. */
  readonly epoch: number
  /** Slots given out so far. */
  readonly slots: number
  readonly revision: number
  readonly publishedRevision: number
  /** 0: never. */
  readonly publishedAtMs: number
  /** Slots that the published page has. */
  readonly publishedSlots: number
  /** The same for the page of aggregates, which is published apart from attributes. */
  readonly aggregatesRevision: number
  readonly aggregatesPublished: number
  readonly aggregatesAtMs: number
  /** When a published aggregate changes without events; null: none will. */
  readonly nextHopMs: number | null
  /** When rows that have lived their time are looked for; null: there are none. */
  readonly sweepAtMs: number | null
  /** Keys of events before this hour are forgotten. */
  readonly keysFromHour: number
  /** Changes that came when their keys were forgotten, and so could not be counted. */
  readonly late: number
  /** Records that events alone made. */
  readonly unpushed: number
  /** Changes of records that there was no room for. */
  readonly dropped: number
  readonly importState: 'none' | 'running' | 'done'
  readonly importAtMs: number
}

/** The state of one object, in its SQLite; held in memory, where a transaction that fails leaves no trace. */
export interface OwnerStateRow {
  get(): OwnerState
  set(change: Partial<OwnerState>): void
  transaction<T>(work: () => T): T
}

const SCHEMA =
  'CREATE TABLE IF NOT EXISTS state (version INTEGER PRIMARY KEY, value TEXT NOT NULL);'
const VERSION = 1

/** Reads the state of an object, or begins it. */
export function ownerState(storage: DurableObjectStorage): OwnerStateRow {
  const { sql } = storage
  sql.exec(SCHEMA)
  let state = read()

  function read(): OwnerState {
    const row = sql
      .exec<{ value: string }>('SELECT value FROM state WHERE version = ?', VERSION)
      .toArray()[0]
    return {
      epoch: row ? 0 : Date.now(),
      slots: 0,
      revision: 0,
      publishedRevision: 0,
      publishedAtMs: 0,
      publishedSlots: 0,
      aggregatesRevision: 0,
      aggregatesPublished: 0,
      aggregatesAtMs: 0,
      nextHopMs: null,
      sweepAtMs: null,
      keysFromHour: 0,
      late: 0,
      unpushed: 0,
      dropped: 0,
      importState: 'none',
      importAtMs: 0,
      ...(row ? (JSON.parse(row.value) as Partial<OwnerState>) : {}),
    }
  }

  return {
    get: () => state,
    set(change) {
      const next = { ...state, ...change }
      sql.exec(
        'INSERT INTO state VALUES (?, ?) ON CONFLICT (version) DO UPDATE SET value = excluded.value',
        VERSION,
        JSON.stringify(next),
      )
      state = next
    },
    transaction(work) {
      const before = state
      try {
        return storage.transactionSync(work)
      } catch (error) {
        state = before
        throw error
      }
    },
  }
}
