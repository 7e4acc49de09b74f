import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { redisAddress } from './connection.ts'
import { startProxy } from './proxy.ts'
import type { Command } from './resp.ts'
import { hasRedisServer, INSTALL_REDIS, startRedis } from './server.ts'

const USAGE = `Usage: npm run redis -- [options]

Starts a Redis and, in front of it, Upstash's REST interface, so that edgewheel's Redis driver runs
without an account. Ctrl-C ends both.

  --port PORT       port of the REST interface (default 8079)
  --token TOKEN     token to ask for (default: the one in .dev.vars, else a random one)
  --redis-url URL   use this Redis (redis:// or rediss://) instead of starting one
  --dir DIR         keep the data of the started Redis in DIR (default: in memory only)
  --verbose         print each command
  --help            print this
`

const OPTIONS = {
  port: { type: 'string', default: '8079' },
  token: { type: 'string' },
  'redis-url': { type: 'string' },
  dir: { type: 'string' },
  verbose: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const

try {
  await main()
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = String((error as NodeJS.ErrnoException).code).startsWith('ERR_PARSE_ARGS')
    ? 2
    : 1
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: OPTIONS })
  if (values.help) {
    process.stdout.write(USAGE)
    return
  }
  const url = values['redis-url']
  if (!url && !hasRedisServer()) throw new Error(INSTALL_REDIS)
  const end = interrupted()
  const started = url ? null : await startRedis({ dir: values.dir })
  try {
    const token = values.token ?? tokenOfDevVars() ?? randomBytes(16).toString('hex')
    const proxy = await startProxy({
      redis: started ?? redisAddress(url ?? ''),
      token,
      port: Number(values.port),
      onRequest: values.verbose ? print : undefined,
    })
    console.log('Ready. For .dev.vars:\n')
    console.log(`UPSTASH_REDIS_REST_URL=${proxy.url}\nUPSTASH_REDIS_REST_TOKEN=${token}\n`)
    await end
    await proxy.close()
  } finally {
    await started?.close()
  }
}

/** So that the lines have to be pasted once only. */
function tokenOfDevVars(): string | undefined {
  if (!existsSync('.dev.vars')) return undefined
  const line = /^\s*UPSTASH_REDIS_REST_TOKEN\s*=\s*["']?([^"'\s]+)/m
  return line.exec(readFileSync('.dev.vars', 'utf8'))?.[1]
}

function print(commands: readonly Command[]): void {
  for (const [name, key, ...rest] of commands) {
    console.log([name, key, rest.length > 0 ? `+${rest.length}` : ''].join(' '))
  }
}

function interrupted(): Promise<void> {
  return new Promise((resolve) => {
    process.once('SIGINT', () => resolve())
    process.once('SIGTERM', () => resolve())
  })
}
