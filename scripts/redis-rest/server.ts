import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { type AddressInfo, createServer } from 'node:net'

/** A redis-server of our own. */
export interface RedisServer {
  readonly host: string
  readonly port: number
  /** Ends the process; resolves when it is gone. */
  close(): Promise<void>
}

/** What to tell a person whose machine has no `redis-server`. */
export const INSTALL_REDIS =
  'redis-server is not on the PATH. Install it (Debian, Ubuntu: apt-get install redis-server; ' +
  'macOS: brew install redis), or name a running Redis with --redis-url redis://127.0.0.1:6379'

/** Says whether `redis-server` can be started here. */
export function hasRedisServer(): boolean {
  return spawnSync('redis-server', ['--version'], { stdio: 'ignore' }).status === 0
}

/** What {@link startRedis} takes. */
export interface RedisServerOptions {
  /** Default: a free one. */
  readonly port?: number
  /** Where data is kept; without it nothing is written to disk. */
  readonly dir?: string
}

/** Starts `redis-server` on 127.0.0.1 and resolves when it answers. It ends with this process. */
export async function startRedis({ port, dir }: RedisServerOptions = {}): Promise<RedisServer> {
  if (port !== undefined) return start(port, dir)
  // Between finding a port and binding it somebody else may take it.
  for (let attempt = 1; ; attempt++) {
    try {
      return await start(await freePort(), dir)
    } catch (error) {
      if (attempt === 3) throw error
    }
  }
}

async function start(port: number, dir?: string): Promise<RedisServer> {
  const persistence = dir ? ['--appendonly', 'yes', '--dir', dir] : ['--appendonly', 'no']
  const child = spawn(
    'redis-server',
    ['--bind', '127.0.0.1', '--port', String(port), '--save', '', ...persistence],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  )
  const kill = () => child.kill()
  process.on('exit', kill)
  const gone = new Promise<void>((resolve) => child.once('close', () => resolve()))
  gone.then(() => process.off('exit', kill))
  await ready(child)
  return {
    host: '127.0.0.1',
    port,
    async close() {
      child.kill()
      await gone
    },
  }
}

function ready(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = ''
    const listen = (chunk: Buffer) => {
      said = (said + chunk).slice(-2_000)
      if (said.includes('Ready to accept connections')) resolve()
    }
    child.stdout?.on('data', listen)
    child.stderr?.on('data', listen)
    child.once('error', reject)
    child.once('close', () => reject(new Error(`redis-server ended: ${said}`)))
  })
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo
      probe.close(() => resolve(port))
    })
  })
}
