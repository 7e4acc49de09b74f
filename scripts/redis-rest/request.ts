import type { Argument, Command } from './resp.ts'

/** What one HTTP request asks for. */
export interface Request {
  readonly kind: 'single' | 'pipeline' | 'transaction'
  readonly commands: readonly Command[]
}

/** A request that is answered with `status` and `{ "error": message }`. */
export class HttpError extends Error {
  override readonly name = 'HttpError'
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

// All callers share one connection: these would change its state under the others, or hold them up.
const REFUSED = new Set(
  `AUTH BLMOVE BLMPOP BLPOP BRPOP BRPOPLPUSH BZMPOP BZPOPMAX BZPOPMIN CLIENT DISCARD EXEC HELLO MONITOR
  MULTI PSUBSCRIBE PSYNC PUNSUBSCRIBE QUIT RESET SELECT SHUTDOWN SSUBSCRIBE SUBSCRIBE SUNSUBSCRIBE SYNC
  UNSUBSCRIBE UNWATCH WAIT WAITAOF WATCH`.split(/\s+/),
)

/** Reads a request of Upstash's REST interface; throws an {@link HttpError} where it is none. */
export function parseRequest(method: string, url: string, body: Uint8Array): Request {
  const [path, query = ''] = url.split('?')
  if (path === '/') return { kind: 'single', commands: [command(jsonBody(method, body))] }
  if (path === '/pipeline') return { kind: 'pipeline', commands: batch(method, body) }
  if (path === '/multi-exec') return { kind: 'transaction', commands: batch(method, body) }
  return { kind: 'single', commands: [fromPath(path, query, body)] }
}

/** The commands as one transaction; the last reply to it is the array of their results. */
export function multiExec(commands: readonly Command[]): readonly Command[] {
  return [['MULTI'], ...commands, ['EXEC']]
}

/** `/set/key?EX=100` with a body: path segments, then the body as it is, then the query's names and values. */
function fromPath(path: string, query: string, body: Uint8Array): Command {
  const segments: Argument[] = path.slice(1).split('/').map(decode)
  const options = query.split('&').flatMap((pair) => pair.split('='))
  return permitted([
    ...segments,
    ...(body.length > 0 ? [body] : []),
    ...options.filter((option) => option !== '').map(decode),
  ])
}

function batch(method: string, body: Uint8Array): Command[] {
  const commands = jsonBody(method, body)
  if (!Array.isArray(commands) || commands.length === 0) {
    throw new HttpError(400, 'ERR the body has to be a list of commands')
  }
  return commands.map(command)
}

function command(value: unknown): Command {
  if (!Array.isArray(value) || value.length === 0) throw new HttpError(400, 'ERR empty command')
  return permitted(
    value.map((argument: unknown) => {
      if (!['string', 'number', 'boolean'].includes(typeof argument)) {
        throw new HttpError(400, 'ERR an argument has to be a string, a number or a boolean')
      }
      return String(argument)
    }),
  )
}

function permitted(parts: Command): Command {
  const name = String(parts[0]).toUpperCase()
  if (REFUSED.has(name)) throw new HttpError(400, `ERR ${name} is not available over REST`)
  return parts
}

function jsonBody(method: string, body: Uint8Array): unknown {
  if (method !== 'POST') throw new HttpError(405, 'ERR method not allowed')
  try {
    return JSON.parse(new TextDecoder().decode(body))
  } catch {
    throw new HttpError(400, 'ERR failed to parse the body as JSON')
  }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new HttpError(400, 'ERR malformed percent-encoding')
  }
}
