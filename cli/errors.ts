/** The command was called wrongly; exit status 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** The Worker refused or could not do it; exit status 1. `details` are lines for people. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError'
  readonly details: readonly string[]
  constructor(message: string, details: readonly string[] = []) {
    super(message)
    this.details = details
  }
}
