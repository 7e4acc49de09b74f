import { listFailed, readFailed } from './failed.ts'
import type { Publisher } from './publisher.ts'

/** What to send again. */
export interface RedriveCall {
  /** One day (`2026-09-21`), or null: all. */
  readonly date: string | null
  /** Only what was set aside before, epoch ms: what fails again is not sent again by the same round. */
  readonly beforeMs: number
  /** The most objects of this call. */
  readonly limit: number
}

/** What became of it. */
export interface RedriveReport {
  /** Objects that were sent whole, and deleted. */
  readonly objects: number
  readonly messages: number
  /** Objects that stay: some of their messages could not be made durable, or not be read. */
  readonly kept: readonly string[]
  /** There are more than `limit`. */
  readonly more: boolean
}

/**
 * Sends again what was set aside in `failed/`. An object is deleted once all of its messages are durable;
 * until then they may be sent once more, which changes nothing.
 */
export async function redrive(
  { bucket, publisher }: { readonly bucket: R2Bucket; readonly publisher: Publisher },
  call: RedriveCall,
): Promise<RedriveReport> {
  const { keys, more } = await listFailed(bucket, call)
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
  return { objects: keys.length - kept.length, messages, kept, more }
}
