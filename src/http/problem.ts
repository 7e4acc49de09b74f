import type { Issue } from '../core/request-filter.ts'

/** Why a request was refused. One comment a code; clients may rely on them. */
export type ProblemCode =
  /** No such route. */
  | 'unknown_route'
  /** The route exists, but not with this method; `Allow` lists those that do. */
  | 'method_not_allowed'
  /** No key, or none of ours. */
  | 'unauthorized'
  /** A key of ours, but not one for this. */
  | 'forbidden'
  /** The user id needs a token signed for it. */
  | 'bad_token'
  /** The body is not JSON by its headers. */
  | 'unsupported_media_type'
  /** The body is larger than the route takes. */
  | 'too_large'
  | 'unknown_use_case'
  | 'unknown_entity'
  /** The route exists, but not what the id in it names. */
  | 'unknown_id'
  /** The body is no JSON. */
  | 'malformed_json'
  /** Something in the request has the wrong type, is missing or is not known; `errors` says where. */
  | 'invalid_request'
  /** Well formed, but more than the route takes; `errors` says where. */
  | 'over_cap'
  /** A model artifact that this use case cannot score with. */
  | 'model_rejected'
  /** Too many requests; `Retry-After` says when to come back. */
  | 'rate_limited'
  /** Settings are missing; the Worker does not serve. */
  | 'not_configured'
  /** Not ready to serve yet. */
  | 'not_ready'
  /** Events were fine, but could not be stored; the same request may be sent again. */
  | 'not_durable'
  /** A part of a history came before the one it follows; `next` says where to go on. */
  | 'replay_gap'
  /** A fault of ours. */
  | 'internal'

const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  409: 'Conflict',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  422: 'Unprocessable Content',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
}

/** What a problem may carry beside its status, code and detail. */
export interface ProblemOptions {
  readonly errors?: readonly Issue[]
  readonly headers?: Readonly<Record<string, string>>
  /** Further members of the document, such as which records were rejected. */
  readonly members?: Readonly<Record<string, unknown>>
}

/** A refusal on its way to the client; thrown by handlers, put into words by {@link problemResponse}. */
export class Problem extends Error {
  override readonly name = 'Problem'
  readonly status: number
  readonly code: ProblemCode
  readonly options: ProblemOptions

  constructor(status: number, code: ProblemCode, detail: string, options: ProblemOptions = {}) {
    super(detail)
    this.status = status
    this.code = code
    this.options = options
  }
}

/** The RFC 9457 document of a problem. `instance` is the path of the request. */
export function problemResponse(problem: Problem, instance: string): Response {
  const { status, code, message, options } = problem
  return new Response(
    JSON.stringify({
      type: `urn:edgewheel:problem:${code}`,
      title: TITLES[status] ?? 'Error',
      status,
      detail: message,
      instance: referenceTo(instance),
      code,
      ...(options.errors ? { errors: options.errors } : {}),
      ...options.members,
    }),
    {
      status,
      headers: {
        'content-type': 'application/problem+json',
        'cache-control': 'no-store',
        ...options.headers,
      },
    },
  )
}

/** A path as a URI reference: cut inside an escape it would be none, and `//x` would name a host. */
function referenceTo(path: string): string {
  const cut = path.length <= 254 ? path : path.slice(0, 254).replace(/%[0-9A-Fa-f]?$/, '')
  return cut.startsWith('//') ? `/.${cut}` : cut
}
