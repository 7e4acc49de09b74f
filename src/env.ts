import type { ForgetRpc } from './wheel/forget.ts'
import type { MetricsRpc } from './wheel/metrics.ts'
import type { OutboxRpc } from './wheel/outbox.ts'
import type { RecordsRpc } from './wheel/records.ts'
import type { RegistryRpc } from './wheel/registry.ts'
import type { RunsRpc } from './wheel/run.ts'

/** The Worker's bindings and settings; this file is the only one that names them. */
export interface Env {
  readonly FEATURES: KVNamespace
  readonly ASSETS: Fetcher
  readonly RECORDS: DurableObjectNamespace<RecordsRpc>
  readonly REGISTRY: DurableObjectNamespace<RegistryRpc>
  readonly OUTBOX: DurableObjectNamespace<OutboxRpc>
  readonly METRICS: DurableObjectNamespace<MetricsRpc>
  readonly RUNS: DurableObjectNamespace<RunsRpc>
  readonly FORGET: DurableObjectNamespace<ForgetRpc>
  readonly EVENTS: Queue<Uint8Array>
  readonly LAKE: R2Bucket
  /** Optional: counts requests per key and network; without it there is no limit. */
  readonly RATE_LIMITER?: RateLimit
  /** Optional: counts events per user and network; what is over it is kept and does not count. */
  readonly EVENT_LIMITER?: RateLimit
  /** Which driver serves features: `kv` (default) or `redis`. */
  readonly FEATURE_STORE?: string
  /** `ignore`: `Sec-GPC: 1` is not taken as no to training. */
  readonly SEC_GPC?: string
  readonly UPSTASH_REDIS_REST_URL?: string
  readonly UPSTASH_REDIS_REST_TOKEN?: string
  readonly PUBLISHABLE_KEY: string
  readonly PUBLISHABLE_KEY_PREVIOUS?: string
  readonly SECRET_KEY: string
  readonly SECRET_KEY_PREVIOUS?: string
  readonly SIGNING_SECRET: string
  readonly SIGNING_SECRET_PREVIOUS?: string
  readonly IDENTITY_SECRET: string
}
