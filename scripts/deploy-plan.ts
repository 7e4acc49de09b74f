/** The parts of a wrangler configuration that a deploy has to prepare. */
export interface DeployConfig {
  readonly secrets?: { readonly required?: readonly string[] }
  readonly queues?: {
    readonly producers?: readonly { readonly queue: string }[]
    readonly consumers?: readonly { readonly queue: string; readonly dead_letter_queue?: string }[]
  }
}

/** Every queue the configuration sends to, reads from or lets messages die in. */
export function queueNames({ queues }: DeployConfig): string[] {
  const names = [
    ...(queues?.producers ?? []).map(({ queue }) => queue),
    ...(queues?.consumers ?? []).flatMap(({ queue, dead_letter_queue: dead }) =>
      dead ? [queue, dead] : [queue],
    ),
  ]
  return [...new Set(names)]
}

/** The queues that `wrangler queues list` does not show; names are matched as whole cells of its table. */
export function missingQueues(names: readonly string[], listed: string): string[] {
  const cells = new Set(listed.split(/[│|\s]+/))
  return names.filter((name) => !cells.has(name))
}

/** The required secrets that `wrangler secret list --format json` does not show. Throws where it is no list. */
export function missingSecrets({ secrets }: DeployConfig, listed: string): string[] {
  const names: unknown = JSON.parse(listed)
  if (!Array.isArray(names)) throw new Error(`wrangler secret list: expected a list, got ${listed}`)
  const known = new Set(names.map((secret: { name: string }) => secret.name))
  return (secrets?.required ?? []).filter((name) => !known.has(name))
}
