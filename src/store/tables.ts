import type { Entity } from '../core/entity.ts'
import { EdgewheelError } from '../core/errors.ts'
import type { Table } from '../core/table.ts'
import type { FeatureStore } from './feature-store.ts'
import type { Cached, CacheRead, CacheSpec, IsolateCache } from './isolate-cache.ts'
import { type Page, pageKey, readPage } from './page.ts'
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
  /** The stamps of the pages that a table was made of, by shard; null: no page. */
  const stamps = new WeakMap<Table, readonly (string | null)[]>()
  const specs = new Map<string, CacheSpec<Table>>()

  async function load(entity: Entity, previous: Table | null) {
    const values = await pageBytes(store, entity)
    const found = values.map((bytes) => bytes && stampOf(bytes))
    if (found.every((stamp) => stamp === null)) return null
    const before = previous === null ? [] : (stamps.get(previous) ?? [])
    const gone = found.findIndex((stamp, shard) => stamp === null && before[shard])
    if (gone >= 0) refuse(entity, gone, 'was there and is gone')
    if (previous !== null && found.every((stamp, shard) => stamp === before[shard]))
      return { value: previous, bytes: previous.bytes }
    const pages = values.flatMap((bytes, shard) => (bytes ? [pageOf(entity, shard, bytes)] : []))
    const table = tableOf(entity, pages)
    stamps.set(table, found)
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

/** What is stored under the key of each shard, in their order. */
async function pageBytes(store: FeatureStore, entity: Entity): Promise<(Uint8Array | null)[]> {
  const values = new Array<Uint8Array | null>(entity.shards).fill(null)
  let next = 0
  const lane = async () => {
    while (next < entity.shards) {
      const shard = next++
      values[shard] = (await store.get([pageKey(entity.name, shard)]))[0]
    }
  }
  await Promise.all(Array.from({ length: Math.min(READS_AT_ONCE, entity.shards) }, lane))
  return values
}

function pageOf(entity: Entity, shard: number, bytes: Uint8Array): Page {
  const page = readPage(bytes)
  if (page.entity !== entity.name || page.shard !== shard || page.shards !== entity.shards)
    refuse(entity, shard, `is shard ${page.shard} of ${page.shards} of ${page.entity}`)
  return page
}

function refuse(entity: Entity, shard: number, problem: string): never {
  throw new EdgewheelError(
    'invalid_format',
    `${pageKey(entity.name, shard)}, of ${entity.shards} shards, ${problem}`,
  )
}
