import { HOUR_MS } from '../core/duration.ts'

/**
 * The keys of events that an object has counted, packed: rows of up to 1,365 keys of one hour, of which
 * only the last is written again. A batch so writes one row an hour, mostly one in all, and reads the
 * hour's rows: a scan of 12 bytes a key.
 */
export interface DedupeRows {
  /** Loads the hours of keys that are asked for. */
  open(keys: Iterable<TimedKey>): KnownKeys
  /** Forgets all hours before one. */
  dropBefore(hour: number): void
  /** The keys of some hours from one on, sorted, and the hour that follows them; null: none does. */
  export(fromHour: number): {
    readonly hours: readonly KeysOfHour[]
    readonly nextHour: number | null
  }
  /** Takes over the keys of an hour of which there are none. */
  import(hour: number, keys: Uint8Array): void
  readonly empty: boolean
}

/** A key and the hour of its row. */
export interface TimedKey {
  readonly hour: number
  /** 16 base64url characters. */
  readonly key: string
}

/** All keys of an hour, 12 bytes each. */
export interface KeysOfHour {
  readonly hour: number
  readonly keys: Uint8Array
}

/** Keys that are known, of those asked for; new ones are kept by `write`. */
export interface KnownKeys {
  has(key: TimedKey): boolean
  add(key: TimedKey): void
  /** Writes what was added; to be called in the transaction of the change that the keys guard. */
  write(): void
}

/** The hour that a time is in. */
export function hourOfKey(keyTimeMs: number): number {
  return Math.floor(keyTimeMs / HOUR_MS)
}

const KEY_CHARS = 16
const WORDS = 3
const SEGMENT_WORDS = 1_365 * WORDS

const SCHEMA = `
CREATE TABLE IF NOT EXISTS dedupe (
  hour INTEGER NOT NULL,
  segment INTEGER NOT NULL,
  keys BLOB NOT NULL,
  PRIMARY KEY (hour, segment)
) WITHOUT ROWID;
`

/** The keys of one object, in its SQLite. */
export function dedupeRows({ sql }: DurableObjectStorage): DedupeRows {
  sql.exec(SCHEMA)
  return {
    open(keys) {
      const hours = new Map<number, HourOfKeys>()
      for (const { hour, key } of keys) {
        const known = hours.get(hour) ?? new HourOfKeys(hour)
        hours.set(hour, known)
        known.ask(key)
      }
      for (const known of hours.values()) known.load(sql)
      const of = (hour: number) => hours.get(hour) as HourOfKeys
      return {
        has: ({ hour, key }) => of(hour).known.has(key),
        add: ({ hour, key }) => of(hour).add(key),
        write() {
          for (const known of hours.values()) known.write(sql)
        },
      }
    },
    dropBefore(hour) {
      sql.exec('DELETE FROM dedupe WHERE hour < ?', hour)
    },
    export(fromHour) {
      const hours: KeysOfHour[] = []
      let bytes = 0
      let hour: number | null = nextHour(sql, fromHour)
      while (hour !== null && bytes < EXPORT_BYTES) {
        const keys = sortedKeys(sql, hour)
        hours.push({ hour, keys })
        bytes += keys.length
        hour = nextHour(sql, hour + 1)
      }
      return { hours, nextHour: hour }
    },
    import(hour, keys) {
      const words = new Uint32Array(keys.slice().buffer)
      for (let at = 0, segment = 0; at < words.length; at += SEGMENT_WORDS, segment++)
        sql.exec(UPSERT, hour, segment, words.slice(at, at + SEGMENT_WORDS).buffer)
    },
    get empty() {
      return sql.exec('SELECT 1 FROM dedupe LIMIT 1').toArray().length === 0
    },
  }
}

const EXPORT_BYTES = 4_000_000
const UPSERT = `
INSERT INTO dedupe VALUES (?, ?, ?)
ON CONFLICT (hour, segment) DO UPDATE SET keys = excluded.keys
`

function nextHour(sql: SqlStorage, fromHour: number): number | null {
  return sql
    .exec<{ hour: number | null }>('SELECT min(hour) AS hour FROM dedupe WHERE hour >= ?', fromHour)
    .one().hour
}

function sortedKeys(sql: SqlStorage, hour: number): Uint8Array {
  const rows = sql.exec<{ keys: ArrayBuffer }>('SELECT keys FROM dedupe WHERE hour = ?', hour)
  const keys: Uint32Array[] = []
  for (const row of rows) {
    const stored = new Uint32Array(row.keys)
    for (let at = 0; at < stored.length; at += WORDS) keys.push(stored.subarray(at, at + WORDS))
  }
  keys.sort((a, b) => a[0] - b[0] || a[1] - b[1] || a[2] - b[2])
  const all = new Uint32Array(keys.length * WORDS)
  keys.forEach((words, at) => {
    all.set(words, at * WORDS)
  })
  return new Uint8Array(all.buffer)
}

class HourOfKeys {
  readonly known = new Set<string>()
  readonly #hour: number
  readonly #asked = new Map<string, readonly [number, number, number]>()
  readonly #added: string[] = []
  /** The last row, to which keys are added. */
  #segment = 0
  #tail: Uint32Array = new Uint32Array()

  constructor(hour: number) {
    this.#hour = hour
  }

  ask(key: string): void {
    if (!this.#asked.has(key)) this.#asked.set(key, wordsOf(key))
  }

  add(key: string): void {
    if (this.known.has(key)) return
    this.known.add(key)
    this.#added.push(key)
  }

  load(sql: SqlStorage): void {
    const byFirst = new Map<number, [string, readonly number[]][]>()
    // Tells of most stored keys that nobody asked for them, without a look into the map.
    const maybe = new Uint8Array(1 << 16)
    for (const [key, words] of this.#asked) {
      maybe[words[0] & 0xffff] = 1
      const same = byFirst.get(words[0])
      if (same) same.push([key, words])
      else byFirst.set(words[0], [[key, words]])
    }
    const rows = sql.exec<{ segment: number; keys: ArrayBuffer }>(
      'SELECT segment, keys FROM dedupe WHERE hour = ? ORDER BY segment',
      this.#hour,
    )
    for (const { segment, keys } of rows) {
      const stored = new Uint32Array(keys)
      for (let at = 0; at < stored.length; at += WORDS) {
        if (maybe[stored[at] & 0xffff] === 0) continue
        for (const [key, words] of byFirst.get(stored[at]) ?? [])
          if (words[1] === stored[at + 1] && words[2] === stored[at + 2]) this.known.add(key)
      }
      this.#segment = segment
      this.#tail = stored
    }
  }

  write(sql: SqlStorage): void {
    const fresh = Uint32Array.from(this.#added.flatMap((key) => this.#asked.get(key) ?? []))
    for (let at = 0; at < fresh.length; ) {
      if (this.#tail.length >= SEGMENT_WORDS) {
        this.#segment++
        this.#tail = new Uint32Array()
      }
      const part = fresh.subarray(at, at + SEGMENT_WORDS - this.#tail.length)
      const keys = new Uint32Array(this.#tail.length + part.length)
      keys.set(this.#tail)
      keys.set(part, this.#tail.length)
      sql.exec(UPSERT, this.#hour, this.#segment, keys.buffer)
      this.#tail = keys
      at += part.length
    }
    this.#added.length = 0
  }
}

const SEXTETS = new Uint8Array(128).fill(255)
for (const [value, char] of [
  ...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_',
].entries())
  SEXTETS[char.charCodeAt(0)] = value

/** The 96 bits of a key as three words. Throws for what is no key. */
function wordsOf(key: string): [number, number, number] {
  if (key.length !== KEY_CHARS) throw new RangeError('a dedupe key has 16 characters')
  const parts: number[] = []
  for (let at = 0; at < KEY_CHARS; at += 4) {
    let bits = 0
    for (let i = at; i < at + 4; i++) {
      const sextet = SEXTETS[key.charCodeAt(i)] ?? 255
      if (sextet === 255) throw new RangeError('a dedupe key is base64url')
      bits = (bits << 6) | sextet
    }
    parts.push(bits)
  }
  const [a, b, c, d] = parts
  return [
    ((a << 8) | (b >>> 16)) >>> 0,
    (((b & 0xffff) << 16) | (c >>> 8)) >>> 0,
    (((c & 0xff) << 24) | d) >>> 0,
  ]
}
