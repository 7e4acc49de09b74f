import type { Entity } from '../core/entity.ts'
import { EdgewheelError } from '../core/errors.ts'
import type { Table } from '../core/table.ts'
import type { FeatureStore } from './feature-store.ts'
import type { Cached, CacheRead, CacheSpec, IsolateCache } from './isolate-cache.ts'
import { aggregatesKey, type Page, pageKey, readPage } from './page.ts'
import { withAggregates } from './page-aggregates.ts'
import { tableOf } from './page-table.ts'
import { stampOf } from './sections.ts'

/** Tables of paged entities in isolate memory, from the pages that their record owners publish. */
export interface TableCache {
  /** The table where no wait is needed, or null. Starts a refresh where one is due. */
  peek(entity: Entity, waitUntil: CacheRead['waitUntil']): Cached<Table> | null
  /** The table, waited for at most `waitMs` where cold or older than 5 min. Never rejects. */
  read(entity: Entity, options: TableRead): Promise<Cached<Table>>
}

/** How a caller waits for a table. */
export interface TableRead extends CacheRead {
  /** An age that is too old for this caller, sooner than the store's own refresh and the usual 5 min, ms. */
  readonly maxAgeMs?: number
}

/** A request has six connections; the others are for the user's record and for sources. */
const READS_AT_ONCE = 3

/**
 * Tables read from `store` and held in `cache`. A shard without a page adds no records; a page that is
 * garbage, or was there and is gone, keeps the last good table.
 */
export function tableCache({
  store,
  cache,
}: {
  readonly store: FeatureStore
  readonly cache: IsolateCache
}): TableCache {
  const made = new WeakMap<Table, Parts>()
  const specs = new Map<string, CacheSpec<Table>>()

  async function load(entity: Entity, previous: Table | null) {
    const keys = keysOf(entity)
    const values = await pageBytes(store, keys)
    const found = values.map((bytes) => bytes && stampOf(bytes))
    if (found.slice(0, entity.shards).every((stamp) => stamp === null)) return null
    const before = previous === null ? undefined : made.get(previous)
    const gone = found.findIndex((stamp, at) => stamp === null && before?.stamps[at])
    if (gone >= 0) refuse(entity, keys[gone], 'was there and is gone')
    if (previous !== null && found.every((stamp, at) => stamp === before?.stamps[at]))
      return { value: previous, bytes: previous.bytes }
    const pages = values.map((bytes, at) => {
      // Attributes mostly are the ones of before: only what events change is decoded again.
      if (bytes === null) return null
      const same = found[at] === before?.stamps[at] ? before.pages[at] : null
      return same ?? pageOf(entity, keys[at], at, bytes)
    })
    const whole = pages
      .slice(0, entity.shards)
      .flatMap((page, shard) =>
        page ? [withAggregates(entity, page, pages[entity.shards + shard] ?? null)] : [],
      )
    const table = tableOf(entity, whole)
    // Of several shards, a table is a copy: to hold the pages too would take twice the room.
    made.set(table, { stamps: found, pages: entity.shards === 1 ? pages : [] })
    return { value: table, bytes: table.bytes }
  }

  function specOf(entity: Entity): CacheSpec<Table> {
    let spec = specs.get(entity.name)
    if (!spec) {
      spec = { refreshMs: store.refreshMs, load: (_, previous) => load(entity, previous) }
      specs.set(entity.name, spec)
    }
    return spec
  }

  return {
    peek: (entity, waitUntil) => cache.peek(`table/${entity.name}`, specOf(entity), waitUntil),
    read: (entity, { maxAgeMs, ...options }) => {
      const spec = specOf(entity)
      const sooner =
        maxAgeMs === undefined ? spec : { ...spec, refreshMs: maxAgeMs, maxStaleMs: maxAgeMs }
      return cache.read(`table/${entity.name}`, sooner, options)
    },
  }
}

/** What a table was made of, by key: the stamp and, where they are kept, the page of each; null: there is none. */
interface Parts {
  readonly stamps: readonly (string | null)[]
  readonly pages: readonly (Page | null)[]
}

/** The keys of attributes by shard, then those of aggregates where the entity has some. */
function keysOf({ name, shards, aggregates }: Entity): string[] {
  const all = [...Array(shards).keys()]
  const keys = all.map((shard) => pageKey(name, shard))
  return aggregates.size === 0 ? keys : [...keys, ...all.map((shard) => aggregatesKey(name, shard))]
}

/** What is stored under each key, in their order. */
async function pageBytes(
  store: FeatureStore,
  keys: readonly string[],
): Promise<(Uint8Array | null)[]> {
  const values = new Array<Uint8Array | null>(keys.length).fill(null)
  let next = 0
  const lane = async () => {
    while (next < keys.length) {
      const at = next++
      values[at] = (await store.get([keys[at]]))[0]
    }
  }
  await Promise.all(Array.from({ length: Math.min(READS_AT_ONCE, keys.length) }, lane))
  return values
}

function pageOf(entity: Entity, key: string, at: number, bytes: Uint8Array): Page {
  const page = readPage(bytes)
  const shard = at % entity.shards
  const part = at < entity.shards ? 'attributes' : 'aggregates'
  if (page.entity !== entity.name || page.shard !== shard || page.shards !== entity.shards)
    refuse(entity, key, `is shard ${page.shard} of ${page.shards} of ${page.entity}`)
  if (page.part !== part) refuse(entity, key, `has ${page.part}`)
  return page
}

function refuse({ shards }: Entity, key: string, problem: string): never {
  throw new EdgewheelError('invalid_format', `${key}, of ${shards} shards, ${problem}`)
}
