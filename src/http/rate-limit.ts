import { Problem } from './problem.ts'
import { base64url } from './user-token.ts'

/** Cloudflare's rate limiting binding. */
export interface RateLimiter {
  limit(options: { key: string }): Promise<{ success: boolean }>
}

/** The shortest period that the binding counts over, seconds. */
const RETRY_AFTER_S = 10

/** Lets a request pass, or throws 429. Counted per key and network; without a limiter everything passes. */
export async function rateGate(
  limiter: RateLimiter | null,
  request: Request,
  keyDigest: Uint8Array | null,
): Promise<void> {
  if (limiter === null) return
  const key = keyDigest ? base64url(keyDigest.subarray(0, 9)) : 'open'
  const network = networkOf(request.headers.get('cf-connecting-ip') ?? '')
  const { success } = await limiter.limit({ key: `${key}:${network}` })
  if (!success)
    throw new Problem(429, 'rate_limited', 'Too many requests from this network.', {
      headers: { 'retry-after': String(RETRY_AFTER_S) },
    })
}

/** An address's /24, or its /64 for IPv6: one household or office, whoever in it asks. */
export function networkOf(address: string): string {
  if (!address.includes(':')) return address.split('.').slice(0, 3).join('.')
  const [head, tail] = address.split('::')
  const groups = head === '' ? [] : head.split(':')
  if (tail !== undefined) {
    const last = tail.split(':')
    while (groups.length + last.length < 8) groups.push('0')
    groups.push(...last)
  }
  return groups.slice(0, 4).join(':').toLowerCase()
}
