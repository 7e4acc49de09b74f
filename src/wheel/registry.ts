import { DurableObject } from 'cloudflare:workers'
import { EdgewheelError } from '../core/errors.ts'
import type { UseCase } from '../core/use-case.ts'
import {
  artifactText,
  MAX_ARTIFACT_BYTES,
  parseArtifact,
  type Rejection,
  rejectionText,
} from '../model/artifact.ts'
import { encodePublished, modelKey } from '../model/published.ts'
import type { FeatureStore } from '../store/feature-store.ts'
import { type ModelVersion, type RegistryRows, registryRows } from './registry-rows.ts'

export type { ModelVersion } from './registry-rows.ts'

/** Why an artifact was not taken, or not published. */
export interface Refused {
  readonly rejected: readonly Rejection[]
}

/** The Registry object's calls: one object a use case, named by its id. */
export interface RegistryRpc extends Rpc.DurableObjectBranded {
  /** Stores an artifact (JSON text), its features' hashes filled in, as the next version; versions are immutable. */
  upload(useCase: string, artifact: string): Promise<{ version: number } | Refused>
  /**
   * Points at a version and publishes its artifact to the feature store; where the store fails the pointer
   * stays and an alarm tries again. False where the version does not exist.
   */
  publish(useCase: string, version: number): Promise<boolean | Refused>
  list(useCase: string): Promise<{ current: number | null; versions: ModelVersion[] }>
  /** The artifact's JSON text, or null. */
  artifact(useCase: string, version: number): Promise<string | null>
}

/** Calls to the Registry by use case. `upload` and `publish` reject with `model_rejected` where an artifact does not fit. */
export interface RegistryClient {
  upload(useCase: string, artifact: string): Promise<{ version: number }>
  publish(useCase: string, version: number): Promise<boolean>
  list(useCase: string): Promise<{ current: number | null; versions: ModelVersion[] }>
  artifact(useCase: string, version: number): Promise<string | null>
}

/** A client of the Registry objects behind `namespace`. */
export function registryClient(namespace: DurableObjectNamespace<RegistryRpc>): RegistryClient {
  const of = (useCase: string) => namespace.getByName(useCase)
  return {
    upload: async (useCase, artifact) => accepted(await of(useCase).upload(useCase, artifact)),
    publish: async (useCase, version) => accepted(await of(useCase).publish(useCase, version)),
    list: async (useCase) => await of(useCase).list(useCase),
    artifact: async (useCase, version) => await of(useCase).artifact(useCase, version),
  }
}

function accepted<T>(answer: T): Exclude<T, Refused> {
  if (typeof answer !== 'object' || answer === null || !('rejected' in answer))
    return answer as Exclude<T, Refused>
  const rejected = answer.rejected as readonly Rejection[]
  throw new EdgewheelError('model_rejected', rejectionText(rejected), { cause: rejected })
}

/** What {@link registryClass} takes: the use cases, and how to reach the store from bindings. */
export interface RegistryOptions<Env> {
  readonly useCases: readonly UseCase[]
  readonly storeOf: (env: Env) => FeatureStore
}

const FIRST_RETRY_MS = 1_000
const LAST_RETRY_MS = 60_000
/** An alarm stands before the first attempt, in case the object goes down during it. */
const WATCH_MS = 10_000

/** The class of the objects that keep a use case's model versions; export it under the name that the bindings use. */
export function registryClass<Env>({
  useCases,
  storeOf,
}: RegistryOptions<Env>): new (
  ctx: DurableObjectState,
  env: Env,
) => DurableObject<Env> & RegistryRpc {
  return class Registry extends DurableObject<Env> implements RegistryRpc {
    readonly #store: FeatureStore
    readonly #rows: RegistryRows
    #failures = 0
    /** Settles when the attempt under way has; never rejects. One at a time, so that the last pointer wins. */
    #attempt: Promise<void> = Promise.resolve()

    constructor(ctx: DurableObjectState, env: Env) {
      super(ctx, env)
      this.#store = storeOf(env)
      this.#rows = registryRows(ctx.storage)
    }

    async upload(id: string, artifact: string): Promise<{ version: number } | Refused> {
      const parsed = parseArtifact(artifact, useCaseOf(id))
      if ('rejected' in parsed) return parsed
      const text = artifactText(parsed.model, parsed.meta)
      if (text.length > MAX_ARTIFACT_BYTES)
        return { rejected: [{ path: '', message: 'is larger than 4 MB with its features' }] }
      return { version: this.#rows.add(text, Date.now()) }
    }

    async publish(id: string, version: number): Promise<boolean | Refused> {
      const artifact = this.#rows.artifact(version)
      if (artifact === null) return false
      const parsed = parseArtifact(artifact, useCaseOf(id))
      if ('rejected' in parsed) return parsed
      this.#rows.point(id, version, Date.now())
      await this.ctx.storage.setAlarm(Date.now() + WATCH_MS)
      this.#failures = 0
      await this.#push()
      return true
    }

    async list(_: string): Promise<{ current: number | null; versions: ModelVersion[] }> {
      return this.#rows.list()
    }

    async artifact(_: string, version: number): Promise<string | null> {
      return this.#rows.artifact(version)
    }

    override async alarm(): Promise<void> {
      await this.#push()
    }

    /** Brings the pointer to the store; never rejects. */
    #push(): Promise<void> {
      this.#attempt = this.#attempt.then(() => this.#tryPush())
      return this.#attempt
    }

    async #tryPush(): Promise<void> {
      const due = this.#rows.due()
      if (due === null) return
      const { useCase, version } = due
      try {
        const value = encodePublished(version, this.#rows.artifact(version) as string)
        await this.#store.put([{ key: modelKey(useCase), value }])
        this.#rows.pushed(version)
        this.#failures = 0
        if (this.#rows.due() === null) await this.ctx.storage.deleteAlarm()
      } catch {
        // An alarm that throws is tried six times and then never again.
        const delayMs = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** this.#failures++)
        await this.ctx.storage.setAlarm(Date.now() + delayMs)
      }
    }
  }

  function useCaseOf(id: string): UseCase {
    const useCase = useCases.find((one) => one.id === id)
    if (useCase) return useCase
    throw new EdgewheelError('invalid_definition', `no use case is named '${id}'`)
  }
}
