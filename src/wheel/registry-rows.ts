/** A stored version of a model, without its weights. */
export interface ModelVersion {
  readonly version: number
  readonly createdAtMs: number
  /** `retired`: it was published and another one followed. */
  readonly status: 'stored' | 'published' | 'retired'
  readonly report: unknown
}

/** What a Registry object keeps on disk: versions, their artifacts, the pointer, and who moved it when. */
export interface RegistryRows {
  /** Stores an artifact as the next version. */
  add(artifact: string, nowMs: number): number
  artifact(version: number): string | null
  /** Moves the pointer and notes that the store must learn of it. */
  point(useCase: string, version: number, nowMs: number): void
  /** The pointer where the store has not learnt of it yet. */
  due(): { useCase: string; version: number } | null
  /** Notes that the store has this version. */
  pushed(version: number): void
  list(): { current: number | null; versions: ModelVersion[] }
}

/** A row has at most 2 MB; an artifact may have 4 and some. */
const CHUNK_BYTES = 2 ** 20

/** The rows in an object's own database. */
export function registryRows(storage: DurableObjectStorage): RegistryRows {
  const { sql } = storage
  sql.exec(`
    CREATE TABLE IF NOT EXISTS versions (
      version INTEGER PRIMARY KEY, created_at_ms INTEGER NOT NULL, status TEXT NOT NULL, report TEXT
    );
    CREATE TABLE IF NOT EXISTS artifact_chunks (
      version INTEGER NOT NULL, chunk INTEGER NOT NULL, bytes BLOB NOT NULL, PRIMARY KEY (version, chunk)
    ) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS pointer (
      id INTEGER PRIMARY KEY CHECK (id = 1), use_case TEXT NOT NULL, version INTEGER NOT NULL,
      pushed INTEGER NOT NULL
    );
    CREATE TABLE IF NOT EXISTS calls (
      at_ms INTEGER NOT NULL, call TEXT NOT NULL, version INTEGER NOT NULL
    );`)

  function note(call: string, version: number, nowMs: number): void {
    sql.exec('INSERT INTO calls VALUES (?, ?, ?)', nowMs, call, version)
  }

  return {
    add: (artifact, nowMs) =>
      storage.transactionSync(() => {
        const { last } = sql.exec('SELECT max(version) AS last FROM versions').one()
        const version = Number(last ?? 0) + 1
        sql.exec("INSERT INTO versions VALUES (?, ?, 'stored', NULL)", version, nowMs)
        const bytes = new TextEncoder().encode(artifact)
        for (let at = 0; at < bytes.length; at += CHUNK_BYTES)
          sql.exec(
            'INSERT INTO artifact_chunks VALUES (?, ?, ?)',
            version,
            at / CHUNK_BYTES,
            bytes.slice(at, at + CHUNK_BYTES),
          )
        note('upload', version, nowMs)
        return version
      }),

    artifact(version) {
      const decoder = new TextDecoder()
      let text = ''
      const chunks = sql.exec<{ bytes: ArrayBuffer }>(
        'SELECT bytes FROM artifact_chunks WHERE version = ? ORDER BY chunk',
        version,
      )
      for (const { bytes } of chunks) text += decoder.decode(bytes, { stream: true })
      return text === '' ? null : text + decoder.decode()
    },

    point: (useCase, version, nowMs) =>
      storage.transactionSync(() => {
        sql.exec("UPDATE versions SET status = 'retired' WHERE status = 'published'")
        sql.exec("UPDATE versions SET status = 'published' WHERE version = ?", version)
        sql.exec('INSERT OR REPLACE INTO pointer VALUES (1, ?, ?, 0)', useCase, version)
        note('publish', version, nowMs)
      }),

    due() {
      const [row] = sql
        .exec<{ use_case: string; version: number }>(
          'SELECT use_case, version FROM pointer WHERE pushed = 0',
        )
        .toArray()
      return row ? { useCase: row.use_case, version: row.version } : null
    },

    pushed(version) {
      sql.exec('UPDATE pointer SET pushed = 1 WHERE version = ?', version)
    },

    list() {
      const [pointer] = sql.exec<{ version: number }>('SELECT version FROM pointer').toArray()
      const rows = sql.exec<{
        version: number
        created_at_ms: number
        status: ModelVersion['status']
        report: string | null
      }>('SELECT * FROM versions ORDER BY version DESC')
      const versions = [...rows].map(({ version, created_at_ms, status, report }) => ({
        version,
        createdAtMs: created_at_ms,
        status,
        report: report === null ? null : JSON.parse(report),
      }))
      return { current: pointer?.version ?? null, versions }
    },
  }
}
