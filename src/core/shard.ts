import { murmur3 } from './murmur3.ts'

/** Which of `shards` objects owns a record: MurmurHash3 of its id, modulo the number of shards. */
export function shardOf(id: string, shards: number): number {
  return murmur3(id) % shards
}
