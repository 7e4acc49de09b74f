import type { Plan } from '../core/plan.ts'
import type { BoundScorer } from '../core/stage.ts'
import { MAX_ARTIFACT_BYTES, parseArtifact, rejectionText } from '../model/artifact.ts'
import { decodePublished, modelKey, stampOfPublished } from '../model/published.ts'
import type { FeatureStore } from '../store/feature-store.ts'
import type { CacheSpec, IsolateCache } from '../store/isolate-cache.ts'
import type { WaitUntil } from './runtime.ts'

/** A published model, bound to the chain it serves. */
export interface ServingModel {
  /** `movies-home@3` */
  readonly version: string
  readonly scorer: BoundScorer
}

/** What serves now; `rejected` says why the newest published artifact does not. */
export interface ModelRead {
  readonly serving: ServingModel | null
  readonly rejected: string | null
  /** The store has not said yet whether there is a model. */
  readonly unknown?: boolean
}

/** Published models in isolate memory, the last good one kept. */
export interface ModelCache {
  read(plan: Plan, options: { waitMs: number; waitUntil: WaitUntil }): Promise<ModelRead>
}

/** What the store held when it was last asked, absence included: most use cases start without a model. */
interface Held extends ModelRead {
  /** Of the bytes that were read; null: there were none. */
  readonly stamp: string | null
  readonly bytes: number
}

/** Bytes remembered for an absent model, so that it is not asked for with every decision. */
const ABSENT_BYTES = 64
/** The envelope, and the features' hashes where an upload left them out. */
const ENVELOPE_BYTES = 64 * 1024
/** Weights and indices as numbers and in a table, against their decimals. */
const HELD_FACTOR = 2

/**
 * Models read from `store` and held in `cache`: refreshed in the background, never waited for while an
 * answer of any age is there. An artifact that is garbage or does not fit the chain leaves the last good
 * one serving, else the prior weights, and says why.
 */
export function modelCache({
  store,
  cache,
}: {
  readonly store: FeatureStore
  readonly cache: IsolateCache
}): ModelCache {
  const specs = new WeakMap<Plan, CacheSpec<Held>>()

  function specOf(plan: Plan): CacheSpec<Held> {
    let spec = specs.get(plan)
    if (!spec) {
      spec = {
        refreshMs: store.refreshMs,
        // Not Infinity: that is the age of what was never read.
        maxStaleMs: Number.MAX_VALUE,
        async load(key, previous) {
          const [bytes] = await store.get([key])
          const held = heldOf(plan, bytes, previous)
          return { value: held, bytes: held.bytes }
        },
      }
      specs.set(plan, spec)
    }
    return spec
  }

  return {
    async read(plan, options) {
      const key = modelKey(plan.useCase.id)
      const { value } = await cache.read(key, specOf(plan), options)
      return value ?? { serving: null, rejected: null, unknown: true }
    },
  }
}

function heldOf(plan: Plan, bytes: Uint8Array | null, previous: Held | null): Held {
  if (bytes === null) {
    if (previous?.serving) throw new Error(`${modelKey(plan.useCase.id)}: was there and is gone`)
    return { serving: null, rejected: null, stamp: null, bytes: ABSENT_BYTES }
  }
  const stamp = stampOfPublished(bytes)
  if (previous !== null && stamp !== null && stamp === previous.stamp) return previous
  const serving = previous?.serving ?? null
  const read = servingOf(plan, bytes)
  if (typeof read !== 'string')
    return { serving: read, rejected: null, stamp, bytes: bytes.length * HELD_FACTOR }
  return { serving, rejected: read, stamp, bytes: previous?.bytes ?? ABSENT_BYTES }
}

/** The model that the bytes hold, or why it cannot serve. */
function servingOf({ useCase }: Plan, bytes: Uint8Array): ServingModel | string {
  if (bytes.length > MAX_ARTIFACT_BYTES + ENVELOPE_BYTES) return 'is larger than 4 MB'
  try {
    const { version, artifact } = decodePublished(bytes)
    const parsed = parseArtifact(artifact, useCase)
    if ('rejected' in parsed) return rejectionText(parsed.rejected)
    const scorer = useCase.score.bind(useCase.featurize, useCase.objective, parsed.model)
    return { version: `${useCase.id}@${version}`, scorer }
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
