/** A stored version of a model, without its weights. */
export interface ModelVersion {
  readonly version: number
  readonly createdAtMs: number
  readonly status: 'stored' | 'published' | 'retired'
  readonly report: unknown
}

/** The Registry object's calls: one object a use case, named by its id. */
export interface RegistryRpc extends Rpc.DurableObjectBranded {
  /** Stores an artifact (JSON text) as the next version; versions are immutable. */
  upload(useCase: string, artifact: string): Promise<{ version: number }>
  /** Points at a version and publishes its artifact to the feature store. False where it does not exist. */
  publish(useCase: string, version: number): Promise<boolean>
  list(useCase: string): Promise<{ current: number | null; versions: ModelVersion[] }>
  /** The artifact's JSON text, or null. */
  artifact(useCase: string, version: number): Promise<string | null>
}

/** Calls to the Registry by use case. */
export interface RegistryClient {
  upload(useCase: string, artifact: string): Promise<{ version: number }>
  publish(useCase: string, version: number): Promise<boolean>
  list(useCase: string): Promise<{ current: number | null; versions: ModelVersion[] }>
  artifact(useCase: string, version: number): Promise<string | null>
}
