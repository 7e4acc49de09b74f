import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { type Command, encodeCommand, type Reply, RespParser } from './resp.ts'

/** Where a Redis listens and how it lets one in. */
export interface RedisAddress {
  readonly host: string
  readonly port: number
  readonly username?: string
  readonly password?: string
  readonly database?: number
  readonly tls?: boolean
}

const EXPECTED = 'a Redis URL looks like redis://user:password@host:6379/0'

/** Reads `redis://[user[:password]@]host[:port][/database]` or `rediss://…` for TLS; throws at anything else. */
export function redisAddress(url: string): RedisAddress {
  // Whatever is wrong with it: it may hold a password, so it is not repeated.
  if (!URL.canParse(url)) throw new Error(EXPECTED)
  const { protocol, hostname, port, username, password, pathname } = new URL(url)
  const database = Number(pathname.slice(1) || 0)
  if (!/^rediss?:$/.test(protocol) || !hostname || !Number.isInteger(database)) {
    throw new Error(EXPECTED)
  }
  return {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: Number(port || 6379),
    username: decodeURIComponent(username) || undefined,
    password: decodeURIComponent(password) || undefined,
    database,
    tls: protocol === 'rediss:',
  }
}

interface Waiting {
  resolve(reply: Reply): void
  reject(error: Error): void
}

/**
 * One connection shared by all callers: the commands of a `send` go out in one piece, so nobody else's
 * come between them. Connects when first needed and again after a loss; what was under way is rejected.
 */
export class RedisConnection {
  readonly #address: RedisAddress
  #socket: Socket | null = null
  #ready: Promise<void> = Promise.resolve()
  #waiting: Waiting[] = []

  constructor(address: RedisAddress) {
    this.#address = address
  }

  /** One reply per command, in order; a command that Redis refuses is a reply of type `error`. */
  async send(commands: readonly Command[]): Promise<Reply[]> {
    const socket = this.#socket ?? this.#connect()
    // Not just in front of the commands: where a login is refused, they would run as somebody else.
    await this.#ready
    if (this.#socket !== socket) throw new Error('the connection to Redis was lost')
    return this.#write(socket, commands)
  }

  /** Ends the connection; what is under way is rejected. */
  close(): void {
    this.#socket?.destroy()
  }

  #write(socket: Socket, commands: readonly Command[]): Promise<Reply[]> {
    const replies = commands.map(
      () => new Promise<Reply>((resolve, reject) => this.#waiting.push({ resolve, reject })),
    )
    socket.write(Buffer.concat(commands.map(encodeCommand)))
    return Promise.all(replies)
  }

  #connect(): Socket {
    const { host, port, tls } = this.#address
    const socket = tls ? connectTls({ host, port, servername: host }) : connectTcp({ host, port })
    const parser = new RespParser()
    let cause: Error | undefined
    this.#socket = socket
    socket.setNoDelay(true)
    socket.on('data', (chunk: Buffer) => {
      try {
        for (const reply of parser.push(chunk)) this.#waiting.shift()?.resolve(reply)
      } catch (error) {
        socket.destroy(error as Error)
      }
    })
    socket.on('error', (error) => {
      cause = error
    })
    socket.on('close', () => {
      const lost = this.#waiting
      this.#waiting = []
      this.#socket = null
      const error = new Error(`Redis at ${host}:${port} is out of reach`, { cause })
      for (const { reject } of lost) reject(error)
    })
    this.#ready = this.#greet(socket)
    return socket
  }

  async #greet(socket: Socket): Promise<void> {
    const { username = 'default', password, database } = this.#address
    const greeting: string[][] = []
    if (password) greeting.push(['AUTH', username, password])
    if (database) greeting.push(['SELECT', String(database)])
    if (greeting.length === 0) return
    const refused = (await this.#write(socket, greeting)).find((reply) => reply.type === 'error')
    if (!refused) return
    socket.destroy()
    throw new Error(`Redis refused the connection: ${refused.value}`)
  }
}
