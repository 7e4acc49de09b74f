import type { Digests } from '../wheel/runtime.ts'
import { Problem } from './problem.ts'

/** Whose key a request carries. */
export type KeyKind = 'publishable' | 'secret'

/** SHA-256 of the keys that are taken, the current one and the one before it. */
export interface AcceptedKeys {
  readonly publishable: readonly Uint8Array[]
  readonly secret: readonly Uint8Array[]
}

/** The kind of the bearer key, and its digest. Throws 401 where there is none or it is not ours. */
export function authenticate(
  request: Request,
  keys: AcceptedKeys,
  digests: Digests,
): { readonly kind: KeyKind; readonly digest: Uint8Array } {
  const token = /^Bearer +([\x21-\x7e]{1,512})$/i.exec(request.headers.get('authorization') ?? '')
  if (token) {
    // Keys are compared by their digests, all of them, so that time tells nothing about a key.
    const digest = digests.sha256(token[1])
    const matches = (accepted: readonly Uint8Array[]) =>
      accepted.reduce((found, key) => digests.equal(key, digest) || found, false)
    const secret = matches(keys.secret)
    const publishable = matches(keys.publishable)
    if (secret) return { kind: 'secret', digest }
    if (publishable) return { kind: 'publishable', digest }
  }
  throw new Problem(
    401,
    'unauthorized',
    token ? 'The key is not known.' : 'Send a key as Authorization: Bearer KEY.',
    { headers: { 'www-authenticate': 'Bearer' } },
  )
}
