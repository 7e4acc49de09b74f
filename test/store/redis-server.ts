import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type RestProxy, startProxy } from '../../scripts/redis-rest/proxy.ts'
import type { Command } from '../../scripts/redis-rest/resp.ts'
import { hasRedisServer, type RedisServer, startRedis } from '../../scripts/redis-rest/server.ts'

/** A real Redis behind the proxy, and what has been asked of it. */
export interface TestRedis extends Pick<RestProxy, 'url'> {
  readonly token: string
  readonly redis: RedisServer
  /** The commands of each HTTP request that was let in, oldest first. */
  readonly requests: (readonly Command[])[]
  close(): Promise<void>
}

/** Starts both on free ports. */
export async function startTestRedis(): Promise<TestRedis> {
  const redis = await startRedis()
  const requests: (readonly Command[])[] = []
  const token = 'token-of-the-tests'
  const onRequest = (commands: readonly Command[]) => void requests.push(commands)
  const proxy = await startProxy({ redis, token, onRequest })
  return {
    url: proxy.url,
    token,
    redis,
    requests,
    async close() {
      await proxy.close()
      await redis.close()
    },
  }
}

/** Says whether the tests of `subject` can run; on CI, where they have to, throws instead. */
export function redisFor(subject: string): boolean {
  if (hasRedisServer()) return true
  const message = `NOT TESTED: ${subject}, because redis-server is not installed (apt-get install redis-server)`
  if (process.env.CI) throw new Error(message)
  console.warn(message)
  return false
}

/** An HTTP server for the tests of failures. */
export async function startHttp(listener: RequestListener) {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      server.closeAllConnections()
      await closed
    },
  }
}
