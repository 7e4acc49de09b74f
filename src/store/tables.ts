import type { Entity } from '../core/entity.ts'
import type { Table } from '../core/table.ts'
import type { FeatureStore } from './feature-store.ts'
import type { Cached, CacheRead, IsolateCache } from './isolate-cache.ts'

/** Tables of paged entities in isolate memory, from the pages that their record owners publish. */
export interface TableCache {
  /** The table where no wait is needed, or null. Starts a refresh where one is due. */
  peek(entity: Entity, waitUntil: CacheRead['waitUntil']): Cached<Table> | null
  /** The table, waited for at most `waitMs` where cold or older than 5 min. Never rejects. */
  read(entity: Entity, options: CacheRead): Promise<Cached<Table>>
}

/** Tables read from `store` and held in `cache`. */
export function tableCache(_options: {
  readonly store: FeatureStore
  readonly cache: IsolateCache
}): TableCache {
  throw new Error('to come')
}
