import { type FailedQuery, listFailed, readFailed } from './failed.ts'
import type { Publisher } from './publisher.ts'

/** What became of a round. */
export interface RedriveReport {
  /** Objects that were sent whole, and deleted. */
  readonly objects: number
  readonly messages: number
  /** Objects that stay: some of their messages could not be made durable, or not be read. */
  readonly kept: readonly string[]
  /** The key `after` which the next round goes on; null: this was the last. */
  readonly next: string | null
}

/**
 * Sends again what was set aside in `failed/`. An object is deleted once all of its messages are durable;
 * until then they may be sent once more, which changes nothing. Rounds of one `beforeMs` come to an end:
 * what fails again is set aside later.
 */
export async function redrive(
  { bucket, publisher }: { readonly bucket: R2Bucket; readonly publisher: Publisher },
  query: FailedQuery,
): Promise<RedriveReport> {
  const { keys, next } = await listFailed(bucket, query)
  const kept: string[] = []
  let messages = 0
  for (const key of keys) {
    const read = await readFailed(bucket, key)
    if (read === null) continue
    const durable = await publisher.publish(read.messages.map(({ body }) => body))
    messages += durable.filter((is) => is).length
    if (read.broken === 0 && durable.every((is) => is)) await bucket.delete(key)
    else kept.push(key)
  }
  return { objects: keys.length - kept.length, messages, kept, next }
}
