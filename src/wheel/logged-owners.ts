import type { Clock } from '../core/deadline.ts'
import { EdgewheelError } from '../core/errors.ts'
import { writeRows } from './lake.ts'
import { hourOf } from './lake-key.ts'
import { entityRow } from './lake-outcome.ts'
import { type EntityChange, entityMessages } from './message.ts'
import { MESSAGE_BYTES, type Publisher } from './publisher.ts'
import type { RecordOwners } from './record-owners.ts'

/** What logging changes of records needs. */
export interface LoggedOwnersOptions {
  readonly publisher: Publisher
  readonly lake: R2Bucket
  readonly clock: Clock
}

/**
 * Owners whose changes go to the lake as well. `upsert` and `remove` reject with `not_durable` where a
 * change could not be logged: repeat them, which changes nothing more.
 */
export function loggedOwners(owners: RecordOwners, options: LoggedOwnersOptions): RecordOwners {
  const { clock } = options
  return {
    ...owners,
    async upsert(entity, rows) {
      await owners.upsert(entity, rows)
      const receivedMs = clock.nowMs()
      await log(
        options,
        rows.map((row) => ({ entity, ...row, receivedMs })),
      )
    },
    async remove(entity, id) {
      const nowMs = clock.nowMs()
      const change = { entity, id, attributes: null, updatedAtMs: nowMs, receivedMs: nowMs }
      // First, since what is gone cannot be removed again.
      await log(options, [change])
      await owners.remove(entity, id)
    },
  }
}

async function log(
  { publisher, lake }: LoggedOwnersOptions,
  changes: readonly EntityChange[],
): Promise<void> {
  const messages: Uint8Array[] = []
  const tooLarge: EntityChange[] = []
  let at = 0
  for (const { bytes, count } of entityMessages(changes)) {
    // Only a record of its own can be larger than a message.
    if (bytes.length > MESSAGE_BYTES) tooLarge.push(changes[at])
    else messages.push(bytes)
    at += count
  }
  if (tooLarge.length > 0) {
    const { receivedMs } = tooLarge[0]
    await writeRows(lake, 'entity', hourOf(receivedMs), tooLarge.map(entityRow)).catch(notLogged)
  }
  if ((await publisher.publish(messages)).includes(false)) notLogged()
}

function notLogged(cause?: unknown): never {
  throw new EdgewheelError('not_durable', 'The change could not be logged; send it again.', {
    cause,
  })
}
