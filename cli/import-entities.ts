import type { AdminClient } from './client.ts'

/** A record as `PUT /v1/entities/{entity}` takes it. */
export interface EntityRecord {
  readonly id: string
  readonly attributes: Readonly<Record<string, unknown>>
  readonly updatedAt?: number | string
}

/** A record that was not taken, with its place in the whole import. */
export interface RejectedRecord {
  readonly index: number
  readonly id?: string
  readonly path: string
  readonly message: string
}

/** What became of an import. */
export interface ImportReport {
  readonly accepted: number
  readonly rejected: readonly RejectedRecord[]
}

interface PutAnswer {
  readonly accepted: number
  readonly rejected: readonly RejectedRecord[]
}

/** The most records of one call, and the most bytes of records in it: under the body cap of 4 MB. */
const BATCH_RECORDS = 500
const BATCH_BYTES = 3_000_000

/**
 * Sends records in batches and reports after each. The entity counts as not ready from the first batch
 * until all are in. Repeating an import changes nothing.
 */
export async function importEntities(
  client: AdminClient,
  entity: string,
  records: Iterable<EntityRecord>,
  onBatch: (sent: number) => void = () => {},
): Promise<ImportReport> {
  const path = `/v1/entities/${encodeURIComponent(entity)}`
  await client.call('POST', `/v1/imports/${encodeURIComponent(entity)}`, { state: 'running' })
  let accepted = 0
  let sent = 0
  const rejected: RejectedRecord[] = []
  for (const batch of batches(records)) {
    const answer = await client.call<PutAnswer>('PUT', path, { records: batch })
    accepted += answer.accepted
    rejected.push(...answer.rejected.map((one) => ({ ...one, index: one.index + sent })))
    sent += batch.length
    onBatch(batch.length)
  }
  await client.call('POST', `/v1/imports/${encodeURIComponent(entity)}`, { state: 'done' })
  return { accepted, rejected }
}

function* batches(records: Iterable<EntityRecord>): Generator<EntityRecord[]> {
  let batch: EntityRecord[] = []
  let bytes = 0
  for (const record of records) {
    const size = JSON.stringify(record).length
    if (batch.length === BATCH_RECORDS || (batch.length > 0 && bytes + size > BATCH_BYTES)) {
      yield batch
      batch = []
      bytes = 0
    }
    batch.push(record)
    bytes += size
  }
  if (batch.length > 0) yield batch
}
