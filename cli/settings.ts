import { existsSync, readFileSync } from 'node:fs'
import { parseEnv } from 'node:util'
import { UsageError } from './errors.ts'

/** Where the Worker is and the key that opens it. */
export interface Settings {
  readonly url: string
  readonly secretKey: string
}

/** The values of a dotenv file; empty where there is none. */
export function readDevVars(path = '.dev.vars'): Record<string, string | undefined> {
  return existsSync(path) ? parseEnv(readFileSync(path, 'utf8')) : {}
}

/**
 * `EDGEWHEEL_URL` and `EDGEWHEEL_SECRET_KEY`, else the local address and `.dev.vars`. Throws a
 * `UsageError` where no key is found.
 */
export function settingsFrom(env: NodeJS.ProcessEnv): Settings {
  const url = env.EDGEWHEEL_URL ?? `http://127.0.0.1:${env.PORT ?? 8787}`
  const secretKey = env.EDGEWHEEL_SECRET_KEY ?? readDevVars().SECRET_KEY
  if (!secretKey)
    throw new UsageError(
      'no secret key: set EDGEWHEEL_SECRET_KEY, or run in a project whose .dev.vars has SECRET_KEY',
    )
  return { url: url.replace(/\/$/, ''), secretKey }
}
