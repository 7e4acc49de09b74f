import type { WaitUntil } from '../wheel/runtime.ts'
import type { KeyKind } from './auth.ts'

/** One request on its way through a route: known to be allowed, its body read but not parsed. */
export interface Call {
  readonly request: Request
  /** A part of the path by name, decoded; null where its escapes are malformed. */
  param(name: string): string | null
  /** The kind of the key; `null` on open routes. */
  readonly kind: KeyKind | null
  /** The parsed body. Throws 400 where it is no JSON; a handler says 404 first. */
  json(): unknown
  /** `Sec-GPC: 1`, unless it is configured to mean nothing: no training on what comes with this request. */
  readonly optedOut: boolean
  /** The body as it came; null where there is none. */
  readonly bytes: Uint8Array | null
  /** Asks the rate limiter, if one is configured, once the request is known to be good. Throws 429. */
  admit(): Promise<void>
  readonly waitUntil: WaitUntil
}

/** What body a route takes: JSON. */
export interface BodyRule {
  readonly maxBytes: number
  /** None at all will do. */
  readonly optional?: boolean
  /** Also as `text/plain`, with the publishable key inside where no header brings one (see `keyInside`). */
  readonly keyInside?: boolean
}

/** One method of one path. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** `/v1/decide/:useCase` */
  readonly path: string
  /** Who may call it: anybody, either key, or the secret key. Open and publishable routes have CORS. */
  readonly access: 'open' | 'publishable' | 'secret'
  readonly body?: BodyRule
  handle(call: Call): Response | Promise<Response>
}

/** A JSON answer. */
export function json(
  value: unknown,
  status = 200,
  headers: Readonly<Record<string, string>> = {},
): Response {
  return new Response(JSON.stringify(value), {
    status,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store', ...headers },
  })
}

/** Body caps of the routes, bytes. */
export const MAX_BYTES = {
  decide: 64 * 1024,
  events: 1024 * 1024,
  entities: 4 * 1024 * 1024,
  small: 64 * 1024,
} as const
