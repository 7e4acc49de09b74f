import { createHash, timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type RedisAddress, RedisConnection } from './connection.ts'
import { HttpError, multiExec, parseRequest, type Request } from './request.ts'
import type { Command, Reply } from './resp.ts'

/** What {@link startProxy} needs. */
export interface ProxyOptions {
  readonly redis: RedisAddress
  /** What `Authorization: Bearer` has to carry. */
  readonly token: string
  /** Default: a free one. */
  readonly port?: number
  /** Told about each request that was let in, with its commands, before they run. */
  readonly onRequest?: (commands: readonly Command[]) => void
}

/** A running proxy. */
export interface RestProxy {
  readonly url: string
  /** Ends it, with every connection. */
  close(): Promise<void>
}

const MAX_BODY_BYTES = 64 << 20

/**
 * Speaks Upstash's REST interface on 127.0.0.1 and RESP to a Redis: `POST /` with one command as JSON,
 * `POST /pipeline`, `POST /multi-exec`, and commands in the path (`/set/key/value`). With the header
 * `Upstash-Encoding: base64` every string in a result but a plain `OK` comes as base64.
 */
export async function startProxy(options: ProxyOptions): Promise<RestProxy> {
  const connection = new RedisConnection(options.redis)
  const server = createServer((request, response) => {
    answer(request, options, connection)
      .then((body) => send(response, 200, body))
      .catch((error: unknown) => {
        const status = error instanceof HttpError ? error.status : 502
        send(response, status, { error: error instanceof Error ? error.message : String(error) })
      })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port ?? 0, '127.0.0.1', resolve)
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      connection.close()
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      server.closeAllConnections()
      await closed
    },
  }
}

async function answer(
  message: IncomingMessage,
  options: ProxyOptions,
  connection: RedisConnection,
): Promise<unknown> {
  if (!allowed(message, options.token)) {
    throw new HttpError(401, 'WRONGPASS invalid or missing auth token')
  }
  const request = parseRequest(message.method ?? '', message.url ?? '/', await read(message))
  options.onRequest?.(request.commands)
  const base64 = message.headers['upstash-encoding'] === 'base64'
  return results(request, await connection.send(onTheWire(request)), base64)
}

function onTheWire({ kind, commands }: Request): readonly Command[] {
  return kind === 'transaction' ? multiExec(commands) : commands
}

function results({ kind }: Request, replies: readonly Reply[], base64: boolean): unknown {
  if (kind === 'pipeline') return replies.map((reply) => result(reply, base64))
  const last = replies[replies.length - 1]
  if (last.type === 'error') {
    // EXEC only says that something was refused; the first refusal says what.
    throw new HttpError(400, String(replies.find((reply) => reply.type === 'error')?.value))
  }
  if (kind === 'single') return result(last, base64)
  return (last.value as readonly Reply[]).map((reply) => result(reply, base64))
}

function result(reply: Reply, base64: boolean): { result: unknown } | { error: string } {
  if (reply.type === 'error') return { error: reply.value }
  return { result: reply.type === 'simple' && reply.value === 'OK' ? 'OK' : json(reply, base64) }
}

function json(reply: Reply, base64: boolean): unknown {
  switch (reply.type) {
    case 'bulk':
    case 'simple':
      if (reply.value === null) return null
      return bytes(reply.value).toString(base64 ? 'base64' : 'utf8')
    case 'array':
      return reply.value?.map((item) => json(item, base64)) ?? null
    default:
      return reply.value
  }
}

function bytes(value: string | Uint8Array): Buffer {
  if (typeof value === 'string') return Buffer.from(value)
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength)
}

function allowed(message: IncomingMessage, token: string): boolean {
  // Digests have one length, which a comparison in constant time needs.
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(message.headers.authorization ?? ''), digest(`Bearer ${token}`))
}

async function read(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of message as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > MAX_BODY_BYTES) throw new HttpError(413, 'ERR max request size exceeded')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
