import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { redisStore } from '../../src/store/redis.ts'
import { redisFor } from './redis-server.ts'

const MAIN = new URL('../../scripts/redis-rest/main.ts', import.meta.url).pathname

function start(...options: string[]) {
  const child = spawn(process.execPath, [MAIN, ...options], { stdio: 'pipe' })
  let said = ''
  child.stdout.on('data', (chunk) => {
    said += chunk
  })
  child.stderr.on('data', (chunk) => {
    said += chunk
  })
  return { child, said: () => said, ended: once(child, 'close').then(([status]) => status) }
}

const describeWithRedis = redisFor('npm run redis') ? describe : describe.skip

describeWithRedis('npm run redis', () => {
  it('prints lines for .dev.vars that the driver works with, and ends with status 0 on Ctrl-C', async () => {
    const { child, said, ended } = start('--port', '0', '--token', 'chosen')
    const line = (name: string) => new RegExp(`^${name}=(\\S+)$`, 'm').exec(said())?.[1]
    await expect.poll(() => line('UPSTASH_REDIS_REST_TOKEN'), { timeout: 10_000 }).toBe('chosen')
    const url = line('UPSTASH_REDIS_REST_URL') ?? ''
    const store = redisStore({ url, token: 'chosen' })
    await store.put([{ key: 'a', value: Uint8Array.of(1) }])
    expect(await store.get(['a'])).toEqual([Uint8Array.of(1)])
    child.kill('SIGINT')
    expect(await ended).toBe(0)
    await expect(fetch(url)).rejects.toThrow()
  })

  it('refuses an unknown option with status 2 and a bad port with status 1, in one line', async () => {
    const unknown = start('--nonsense')
    const port = start('--port', '99999')
    expect([await unknown.ended, await port.ended]).toEqual([2, 1])
    expect(unknown.said()).toMatch(/^Unknown option '--nonsense'.*\n$/)
    expect(port.said()).toMatch(/^.*port.*\n$/)
  })
})
