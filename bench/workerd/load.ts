import { Agent, request } from 'node:http'

/** One request that is sent again and again. */
export interface Shot {
  readonly port: number
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  /** Absent: a GET. */
  readonly body?: string
}

/** Sends a request over loopback on a kept connection; the body of its answer. Throws unless it is 200. */
export function send({ port, path, headers, body }: Shot, agent?: Agent): Promise<string> {
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        host: '127.0.0.1',
        port,
        path,
        agent,
        method: body === undefined ? 'GET' : 'POST',
        headers: {
          ...headers,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
      },
      (answer) => {
        const chunks: Buffer[] = []
        answer.on('data', (chunk: Buffer) => chunks.push(chunk))
        answer.on('error', reject)
        answer.on('end', () => {
          const text = Buffer.concat(chunks).toString()
          if (answer.statusCode === 200) resolve(text)
          else reject(new Error(`${path}: ${answer.statusCode} ${text.slice(0, 500)}`))
        })
      },
    )
    sent.on('error', reject)
    sent.end(body)
  })
}

/** Sends `times` requests, two at once, so that the server seldom waits for the client. */
export async function fire(shot: Shot, times: number, agent: Agent): Promise<void> {
  let left = times
  const lane = async () => {
    while (left-- > 0) await send(shot, agent)
  }
  await Promise.all([lane(), lane()])
}

/** Connections that are kept; end them with `destroy`. */
export function keptConnections(): Agent {
  return new Agent({ keepAlive: true, maxSockets: 2 })
}
