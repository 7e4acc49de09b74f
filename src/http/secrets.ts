import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { ReceiptKey } from '../core/receipt.ts'
import type { Env } from '../env.ts'
import type { Digests, Runtime } from '../wheel/runtime.ts'
import type { AcceptedKeys } from './auth.ts'
import { Problem } from './problem.ts'
import { base64url } from './user-token.ts'

/** The settings that hold keys and secrets. */
export type SecretSettings = Pick<
  Env,
  | 'PUBLISHABLE_KEY'
  | 'PUBLISHABLE_KEY_PREVIOUS'
  | 'SECRET_KEY'
  | 'SECRET_KEY_PREVIOUS'
  | 'SIGNING_SECRET'
  | 'SIGNING_SECRET_PREVIOUS'
  | 'IDENTITY_SECRET'
>

/** What is made from keys and secrets, the secrets themselves out of sight. */
export interface Secrets
  extends Pick<Runtime, 'digests' | 'receiptKeys' | 'pseudonym' | 'userTokens'> {
  readonly keys: AcceptedKeys
}

/** SHA-256, randomness and constant-time comparison, synchronous. */
export const digests: Digests = {
  sha256: (text) => createHash('sha256').update(text).digest(),
  randomBytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
  equal: (a, b) => a.length === b.length && timingSafeEqual(a, b),
}

/** Checks the settings and derives keys from them. Throws `not_configured`, naming what is missing or malformed. */
export function secretsOf(settings: SecretSettings): Secrets {
  const faults = [
    ...keyFaults(settings, 'PUBLISHABLE_KEY', 'pk_'),
    ...keyFaults(settings, 'SECRET_KEY', 'sk_'),
    ...(['SIGNING_SECRET', 'IDENTITY_SECRET'] as const)
      .filter((name) => !settings[name])
      .map((name) => `${name} is not set`),
  ]
  if (faults.length > 0)
    throw new Problem(
      503,
      'not_configured',
      `The Worker does not start: ${faults.join('; ')}. Set them as secrets, or in .dev.vars.`,
    )
  const accepted = (...keys: (string | undefined)[]) =>
    keys.filter((key): key is string => Boolean(key))
  const signing = accepted(settings.SIGNING_SECRET, settings.SIGNING_SECRET_PREVIOUS)
  const hashed = (keys: readonly string[]) => keys.map((key) => digests.sha256(key))
  return {
    digests,
    keys: {
      publishable: hashed(accepted(settings.PUBLISHABLE_KEY, settings.PUBLISHABLE_KEY_PREVIOUS)),
      secret: hashed(accepted(settings.SECRET_KEY, settings.SECRET_KEY_PREVIOUS)),
    },
    receiptKeys: signing.map(receiptKey),
    pseudonym: (userId) => base64url(hmac(settings.IDENTITY_SECRET, userId).subarray(0, 16)),
    userTokens: (userId) => signing.map((secret) => hmac(secret, `user:${userId}`)),
  }
}

/** The id names the secret without giving it away: a few bits of a digest made for nothing else. */
function receiptKey(secret: string): ReceiptKey {
  return {
    id: base64url(hmac(secret, 'edgewheel receipt key id').subarray(0, 6)),
    mac: (text) => hmac(secret, text),
  }
}

function hmac(secret: string, text: string): Uint8Array {
  return createHmac('sha256', secret).update(text).digest()
}

function keyFaults(
  settings: SecretSettings,
  name: 'PUBLISHABLE_KEY' | 'SECRET_KEY',
  prefix: string,
): string[] {
  const faults: string[] = []
  if (!settings[name]) faults.push(`${name} is not set`)
  for (const one of [name, `${name}_PREVIOUS`] as const)
    if (settings[one] && !settings[one].startsWith(prefix))
      faults.push(`${one} does not begin with ${prefix}`)
  return faults
}
