import { loadMovieLens } from '../../examples/movielens/dataset.ts'
import { itemRecords, userRecords } from '../../examples/movielens/records.ts'
import { historyShiftMs } from '../../examples/movielens/shift.ts'
import { movieStatistics, userStatistics } from '../../examples/movielens/statistics.ts'
import type { FieldValue } from '../../src/core/field.ts'
import type { StoredValue } from '../../src/core/record.ts'
import { secretsOf } from '../../src/http/secrets.ts'
import { packPage, pageKey } from '../../src/store/page.ts'
import { encodeRecord, recordKey } from '../../src/store/record-value.ts'
import { Item } from '../../stages/entities.ts'

/** The settings of a Worker under measurement. */
export const SETTINGS = {
  FEATURE_STORE: 'kv',
  PUBLISHABLE_KEY: 'pk_bench',
  SECRET_KEY: 'sk_bench',
  SIGNING_SECRET: 'bench signing secret',
  IDENTITY_SECRET: 'bench identity secret',
} as const

/** What is in the store, and who asks. */
export interface World {
  /** The store's values by key, for all contenders. */
  readonly values: ReadonlyMap<string, Uint8Array>
  /** A visitor with a full history. */
  readonly user: string
  /** The key of the visitor's record. */
  readonly userKey: string
  /** Candidates that the visitor has not seen, in no order. */
  readonly candidates: readonly string[]
}

/** The store's key of a film's row of JSON, for those who read rows. */
export function rowKey(id: string): string {
  return `json/item/${id}`
}

/** The store's keys of all films, and of a visitor, as JSON. */
export const ALL_ROWS_KEY = 'json/items'
export const jsonUserKey = (id: string): string => `json/user/${id}`

/** MovieLens as the product publishes it and as JSON, with `count` candidates for its busiest user. */
export function worldOf(count: number): World {
  const data = loadMovieLens()
  const lastMs = data.ratings.timestampS[data.ratings.count - 1] * 1000
  const shiftMs = historyShiftMs(lastMs, Date.now())
  const items = itemRecords(data, movieStatistics(data), shiftMs)
  const users = userRecords(data, userStatistics(data))
  const user = users.reduce((a, b) =>
    Math.abs(b.attributes.batch_seen.length - 300) < Math.abs(a.attributes.batch_seen.length - 300)
      ? b
      : a,
  )
  const seen = new Set(user.attributes.batch_seen)
  const unseen = items.filter(({ id }) => !seen.has(id))
  const values = new Map<string, Uint8Array>()
  const put = (key: string, value: unknown) =>
    values.set(key, new TextEncoder().encode(JSON.stringify(value)))
  values.set(
    pageKey('item', 0),
    packPage({
      entity: 'item',
      fields: Item.fields.values(),
      shard: 0,
      shards: 1,
      asOfMs: Date.now(),
      slots: items.length,
      records: items.map(({ id, attributes }, slot) => ({ id, slot, fields: stored(attributes) })),
    }),
  )
  const userKey = recordKey('user', secretsOf(SETTINGS).pseudonym(user.id))
  values.set(userKey, encodeRecord(stored(user.attributes)))
  const rows = items.map(({ id, attributes }) => ({ id, ...attributes }))
  put(ALL_ROWS_KEY, rows)
  put(jsonUserKey(user.id), user.attributes)
  for (const row of rows) put(rowKey(row.id), row)
  // Every 17th film around the circle of those not seen: all sorts of them, and always the same.
  const candidates = Array.from({ length: count }, (_, i) => unseen[(i * 17) % unseen.length].id)
  return { values, user: user.id, userKey, candidates: [...new Set(candidates)] }
}

function stored(attributes: object): Map<string, StoredValue> {
  return new Map(
    Object.entries(attributes as Record<string, FieldValue>).map(([name, value]) => [
      name,
      { value, status: 'present', updatedAtMs: 0 },
    ]),
  )
}
