import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { adminClient } from '../cli/client.ts'
import { readDevVars } from '../cli/settings.ts'
import { importMovieLens } from '../examples/movielens/import.ts'

const STATE = '.wrangler/state'
const port = Number(process.env.PORT ?? 8787)
const url = `http://127.0.0.1:${port}`
const { values: options } = parseArgs({ options: { fresh: { type: 'boolean', default: false } } })

if (options.fresh) rmSync(STATE, { recursive: true, force: true })
writeKeys('.dev.vars')
const keys = readDevVars()
if (!keys.PUBLISHABLE_KEY || !keys.SECRET_KEY) {
  console.error('.dev.vars has no PUBLISHABLE_KEY or SECRET_KEY; see .dev.vars.example')
  process.exit(1)
}
if (await answers('/livez')) {
  console.error(`something else already answers at ${url}; end it, or choose another PORT`)
  process.exit(1)
}

const worker = spawn(
  'wrangler',
  [
    'dev',
    '--ip',
    '127.0.0.1',
    '--port',
    String(port),
    '--persist-to',
    STATE,
    '--log-level',
    'warn',
  ],
  {
    stdio: ['ignore', 'inherit', 'inherit'],
    detached: true,
    env: {
      ...process.env,
      WRANGLER_SEND_METRICS: 'false',
      X_LOCAL_OBSERVABILITY: 'false',
      CLOUDFLARE_CF_FETCH_ENABLED: 'false',
    },
  },
)
let ending = false
worker.on('exit', (code) => {
  if (!ending) console.error('the Worker ended')
  process.exit(ending ? 0 : (code ?? 1))
})
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, end)

try {
  await until('/livez', 60_000)
  if (!(await answers('/readyz'))) {
    await importMovieLens(
      adminClient({ url, secretKey: keys.SECRET_KEY }),
      `${STATE}/movielens.json`,
    )
    await until('/readyz', 60_000)
  }
  console.log(`
edgewheel is ready at ${url}  (docs: ${url}/docs)
  publishable key  ${keys.PUBLISHABLE_KEY}
  secret key       ${keys.SECRET_KEY}

curl -s ${url}/v1/decide/movies-home \\
  -H 'authorization: Bearer ${keys.PUBLISHABLE_KEY}' -H 'content-type: application/json' \\
  -d '{"user":{"id":"42"},"limit":5,"return":["title","genres"]}'
`)
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
  end()
}

/** Random keys for local work, where the file is absent. */
function writeKeys(path: string): void {
  if (existsSync(path)) return
  const secret = (): string => randomBytes(24).toString('base64url')
  const lines = [
    `PUBLISHABLE_KEY=pk_${secret()}`,
    `SECRET_KEY=sk_${secret()}`,
    `SIGNING_SECRET=${secret()}`,
    `IDENTITY_SECRET=${secret()}`,
  ]
  writeFileSync(path, `${lines.join('\n')}\n`, { mode: 0o600 })
}

async function answers(path: string): Promise<boolean> {
  try {
    return (await fetch(`${url}${path}`, { signal: AbortSignal.timeout(5_000) })).ok
  } catch {
    return false
  }
}

async function until(path: string, limitMs: number): Promise<void> {
  const deadline = Date.now() + limitMs
  while (!(await answers(path))) {
    if (Date.now() > deadline)
      throw new Error(`${url}${path} did not answer 200 in ${limitMs / 1000} s`)
    await new Promise((resolve) => setTimeout(resolve, 250))
  }
}

/** Ends the Worker with everything it started: wrangler runs workerd as a process of its own. */
function end(): void {
  ending = true
  if (worker.pid === undefined || worker.exitCode !== null) return
  try {
    process.kill(-worker.pid, 'SIGTERM')
  } catch {
    worker.kill('SIGTERM')
  }
}
