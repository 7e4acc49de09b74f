import type { Digests } from '../wheel/runtime.ts'
import { type AcceptedKeys, recognized, unauthorized } from './auth.ts'
import { isText, parseJson } from './body.ts'
import { isObject } from './ids.ts'
import { Problem } from './problem.ts'

/** Whether a request's key is in its body: `text/plain` without a header for it, which no browser asks leave for. */
export function hasKeyInside({ headers }: Request): boolean {
  return isText(headers.get('content-type')) && !headers.has('authorization')
}

/**
 * The key in a body, `"key": "pk_…"`, and the body without it. Throws 401 where there is none of ours, in
 * what is no JSON too, and 403 for a secret one: a page must not have it.
 */
export function keyInside(bytes: Uint8Array | null, keys: AcceptedKeys, digests: Digests) {
  const body = bodyOf(bytes)
  const found = typeof body.key === 'string' ? recognized(body.key, keys, digests) : null
  if (found === null) throw unauthorized(typeof body.key === 'string')
  if (found.kind === 'secret')
    throw new Problem(403, 'forbidden', 'Only a publishable key may be inside a body.')
  const { key: _, ...rest } = body
  return { ...found, body: rest }
}

function bodyOf(bytes: Uint8Array | null): Readonly<Record<string, unknown>> {
  try {
    const body = parseJson(bytes)
    return isObject(body) ? body : {}
  } catch {
    return {}
  }
}
