import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A Worker as `npm start` runs it, with a state of its own. */
export interface RunningWorker {
  /** Where its state lies. */
  readonly state: string
  send(method: string, path: string, body?: unknown, headers?: Headers_): Promise<Response>
  /** Stops it; its state stays to be looked at. */
  stop(): Promise<void>
  /** Deletes its state. */
  clear(): void
}

type Headers_ = Readonly<Record<string, string>>

/** The secret that makes pseudonyms here. */
export const SETTINGS = {
  PUBLISHABLE_KEY: 'pk_scan',
  SECRET_KEY: 'sk_scan',
  SIGNING_SECRET: 'signing of the scan',
  IDENTITY_SECRET: 'identity of the scan',
}

/** Starts the Worker of this repository; `always` goes along with every request. */
export async function startWorker(always: Headers_): Promise<RunningWorker> {
  const folder = mkdtempSync(join(tmpdir(), 'edgewheel-scan-'))
  const state = join(folder, 'state')
  const envFile = join(folder, 'settings.env')
  const lines = Object.entries(SETTINGS).map(([name, value]) => `${name}="${value}"\n`)
  writeFileSync(envFile, lines.join(''))
  const port = await freePort()
  const child = spawn(
    'node_modules/.bin/wrangler',
    [
      ...['dev', '--ip', '127.0.0.1', '--port', `${port}`, '--inspector-port', '0'],
      ...['--persist-to', state, '--env-file', envFile, '--log-level', 'error'],
    ],
    {
      stdio: ['ignore', 'ignore', 'inherit'],
      detached: true,
      env: {
        ...process.env,
        WRANGLER_SEND_METRICS: 'false',
        WRANGLER_LOG_PATH: join(folder, 'logs'),
        X_LOCAL_OBSERVABILITY: 'false',
        CLOUDFLARE_CF_FETCH_ENABLED: 'false',
      },
    },
  )
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const send: RunningWorker['send'] = (method, path, body, headers = {}) =>
    fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${SETTINGS.SECRET_KEY}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...always,
        ...headers,
      },
      body: body === undefined ? null : JSON.stringify(body),
    })
  const stop = async () => {
    // wrangler runs workerd as a process of its own.
    if (child.exitCode === null && child.pid !== undefined) process.kill(-child.pid, 'SIGTERM')
    await ended
  }
  const clear = () => rmSync(folder, { recursive: true, force: true })
  try {
    await eventually('the Worker', async () => (await send('GET', '/livez')).ok, 90_000)
  } catch (error) {
    await stop()
    clear()
    throw error
  }
  return { state, send, stop, clear }
}

/** Waits until something is so. */
export async function eventually(
  what: string,
  isSo: () => Promise<boolean>,
  limitMs = 40_000,
): Promise<void> {
  const endMs = Date.now() + limitMs
  while (!(await isSo().catch(() => false))) {
    if (Date.now() > endMs) throw new Error(`${what} never came`)
    await new Promise((resolve) => setTimeout(resolve, 250))
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer()
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
}
