import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'

/**
 * A KV namespace, and a queue that takes everything, in this process: what they cost is not on a Worker's
 * account.
 */
export interface StoreServer {
  /** `host:port`, as {@link serve} binds it. */
  readonly address: string
  readonly values: Map<string, Uint8Array>
  /** Requests answered so far. */
  readonly requests: () => number
  /** Resolves once nobody has asked for anything for a while: work behind answers has ended. */
  quiet(): Promise<void>
  stop(): void
}

const QUIET_MS = 25

const KEYS_AT_ONCE = 100
const QUEUED = JSON.stringify({
  metadata: { metrics: { backlogCount: 0, backlogBytes: 0, oldestMessageTimestamp: 0 } },
})

/** Starts a server that speaks the protocol by which workerd reads KV: one key, or up to 100 as text. */
export async function storeServer(): Promise<StoreServer> {
  const values = new Map<string, Uint8Array>()
  let requests = 0
  const server = createServer(async (request, response) => {
    requests++
    const { pathname } = new URL(request.url ?? '/', 'http://kv')
    const body = await bodyOf(request)
    if (request.method === 'POST' && pathname === '/bulk/get') {
      const { keys, type } = JSON.parse(body.toString()) as { keys: string[]; type?: string }
      response.statusCode = keys.length > KEYS_AT_ONCE ? 400 : 200
      response.end(JSON.stringify(bulk(values, keys, type)))
      return
    }
    if (request.method === 'POST') {
      response.end(QUEUED)
      return
    }
    const key = decodeURIComponent(pathname.slice(1))
    if (request.method === 'PUT') values.set(key, body)
    if (request.method === 'DELETE') values.delete(key)
    const value = request.method === 'GET' ? values.get(key) : new Uint8Array()
    response.statusCode = value ? 200 : 404
    response.end(value)
  })
  server.keepAliveTimeout = 120_000
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    address: `127.0.0.1:${port}`,
    values,
    requests: () => requests,
    async quiet() {
      for (let before = -1; before !== requests; ) {
        before = requests
        await pause(QUIET_MS)
      }
    },
    stop: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

function bulk(values: ReadonlyMap<string, Uint8Array>, keys: readonly string[], type?: string) {
  return Object.fromEntries(
    keys.map((key) => {
      const value = values.get(key)
      const text = value && Buffer.from(value).toString()
      return [key, text === undefined ? null : type === 'json' ? JSON.parse(text) : text]
    }),
  )
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}
