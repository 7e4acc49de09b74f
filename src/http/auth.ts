import type { Digests } from '../wheel/runtime.ts'
import { Problem } from './problem.ts'

/** Whose key a request carries. */
export type KeyKind = 'publishable' | 'secret'

/** A key of ours. */
export interface KnownKey {
  readonly kind: KeyKind
  readonly digest: Uint8Array
}

/** SHA-256 of the keys that are taken, the current one and the one before it. */
export interface AcceptedKeys {
  readonly publishable: readonly Uint8Array[]
  readonly secret: readonly Uint8Array[]
}

/** The kind of the bearer key, and its digest. Throws 401 where there is none or it is not ours. */
export function authenticate(request: Request, keys: AcceptedKeys, digests: Digests): KnownKey {
  const token = /^Bearer +([\x21-\x7e]{1,512})$/i.exec(request.headers.get('authorization') ?? '')
  const known = token && recognized(token[1], keys, digests)
  if (!known) throw unauthorized(token !== null)
  return known
}

/** The kind of a key, and its digest; null where it is not ours. */
export function recognized(key: string, keys: AcceptedKeys, digests: Digests): KnownKey | null {
  // Keys are compared by their digests, all of them, so that time tells nothing about a key.
  const digest = digests.sha256(key)
  const matches = (accepted: readonly Uint8Array[]) =>
    accepted.reduce((found, known) => digests.equal(known, digest) || found, false)
  const secret = matches(keys.secret)
  const publishable = matches(keys.publishable)
  if (secret) return { kind: 'secret', digest }
  return publishable ? { kind: 'publishable', digest } : null
}

/** The refusal of a request without a key of ours; `sent`: it brought one. */
export function unauthorized(sent: boolean): Problem {
  return new Problem(
    401,
    'unauthorized',
    sent ? 'The key is not known.' : 'Send a key as Authorization: Bearer KEY.',
    { headers: { 'www-authenticate': 'Bearer' } },
  )
}
