import type { Clock } from '../core/deadline.ts'
import type { Entity } from '../core/entity.ts'
import type { EventType } from '../core/event.ts'
import type { Outcome } from '../core/event-outcome.ts'
import type { Plan } from '../core/plan.ts'
import type { ReceiptKey } from '../core/receipt.ts'
import type { FeatureStore } from '../store/feature-store.ts'
import type { TableCache } from '../store/tables.ts'
import type { EventOwners } from './apply-owners.ts'
import type { ForgetClient } from './forget-client.ts'
import type { MetricsClient } from './metric-client.ts'
import type { ModelCache } from './model-cache.ts'
import type { OutboxState } from './outbox.ts'
import type { Publisher } from './publisher.ts'
import type { RecordOwners } from './record-owners.ts'
import type { RegistryClient } from './registry.ts'
import type { RunsClient } from './run.ts'

/** Digests the wheel needs, synchronous: a decision does not wait for its own arithmetic. */
export interface Digests {
  sha256(text: string): Uint8Array
  randomBytes(length: number): Uint8Array
  equal(a: Uint8Array, b: Uint8Array): boolean
}

/** What one isolate has at hand: definitions, bindings behind their interfaces, caches, time and keys. */
export interface Runtime {
  readonly plans: ReadonlyMap<string, Plan>
  readonly entities: ReadonlyMap<string, Entity>
  readonly events: ReadonlyMap<string, EventType>
  readonly outcomes: readonly Outcome[]
  readonly store: FeatureStore
  readonly tables: TableCache
  readonly models: ModelCache
  readonly owners: RecordOwners
  /** The same objects, as events reach them. */
  readonly eventOwners: EventOwners
  readonly registry: RegistryClient
  readonly runs: RunsClient
  readonly forgetting: Pick<ForgetClient, 'forget'>
  readonly publisher: Publisher
  readonly metrics: Pick<MetricsClient, 'read' | 'totals'>
  /** What waits in the outboxes. */
  backlog(): Promise<OutboxState>
  /** Holds the lake, and what failed on its way there. */
  readonly lake: R2Bucket
  readonly clock: Clock
  readonly digests: Digests
  /** The first signs, all verify. */
  readonly receiptKeys: readonly ReceiptKey[]
  /** The keyed pseudonym of a user id: 128 bits of HMAC-SHA-256 in base64url. */
  pseudonym(userId: string): string
  /** The signature a client must bring for a user id where a use case asks for signed identities. */
  userTokens(userId: string): readonly Uint8Array[]
}

/** How a request lets work go on after its answer: the platform's `waitUntil`. */
export type WaitUntil = (work: Promise<unknown>) => void
