import type { Runtime } from '../wheel/runtime.ts'

const utf8 = new TextEncoder()

/** Whether a token was signed for a user id, by the current signing secret or the one before. */
export function isUserToken(runtime: Runtime, userId: string, token: string | undefined): boolean {
  if (token === undefined) return false
  const given = utf8.encode(token.replace(/=+$/, ''))
  return runtime
    .userTokens(userId)
    .reduce(
      (found, expected) => runtime.digests.equal(given, utf8.encode(base64url(expected))) || found,
      false,
    )
}

/** Bytes as base64url text without padding. */
export function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '')
}
