import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { unstable_readConfig } from 'wrangler'
import { missingQueues, missingSecrets, queueNames } from './deploy-plan.ts'

/**
 * Creates what the configuration names and the account lacks, then deploys. KV namespaces and buckets
 * without an id are created by `wrangler deploy` itself; queues and secrets are not. Everything after
 * `--` goes to `wrangler deploy` (`-- --env staging`).
 */
const KEPT = '.dev.vars.deployed'
const extra = process.argv.slice(2)
const envFlag = extra.flatMap((arg, i) =>
  arg === '--env' || arg === '-e' ? ['--env', extra[i + 1]] : [],
)
const config = unstable_readConfig({ config: 'wrangler.toml', env: envFlag[1] })

const queues = queueNames(config)
const missing = queues.length > 0 ? missingQueues(queues, output(['queues', 'list'])) : []
for (const name of missing) run(['queues', 'create', name])

const secrets = missingSecrets(
  config,
  output(['secret', 'list', '--format', 'json', ...envFlag], true),
)
if (secrets.length === 0) run(['deploy', ...extra])
else deployWithSecrets(secrets)

/** Secrets go up with the first version, so that the Worker never runs without them. */
function deployWithSecrets(names: readonly string[]): void {
  const kept = existsSync(KEPT) ? readFileSync(KEPT, 'utf8') : ''
  const lines = names.map((name) => known(kept, name) ?? `${name}=${randomSecret(name)}`)
  const added = lines.filter((line) => !kept.includes(line))
  // Written first: a secret that was uploaded and then lost could never be read again.
  writeFileSync(KEPT, `${kept}${added.map((line) => `${line}\n`).join('')}`, { mode: 0o600 })
  const upload = '.dev.vars.upload'
  writeFileSync(upload, `${lines.join('\n')}\n`, { mode: 0o600 })
  try {
    run(['deploy', '--secrets-file', upload, ...extra])
  } finally {
    rmSync(upload, { force: true })
  }
  console.log(`made ${names.join(', ')}; kept in ${KEPT}: move them to your password store`)
}

function known(kept: string, name: string): string | undefined {
  return kept.split('\n').find((line) => line.startsWith(`${name}=`))
}

function randomSecret(name: string): string {
  const prefix = name === 'PUBLISHABLE_KEY' ? 'pk_' : name === 'SECRET_KEY' ? 'sk_' : ''
  return `${prefix}${randomBytes(24).toString('base64url')}`
}

function run(args: readonly string[]): void {
  const { status } = spawnSync('wrangler', args, { stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
}

/** What a command prints; with `absentIsEmpty` a failure (no such Worker yet) is an empty answer. */
function output(args: readonly string[], absentIsEmpty = false): string {
  const { status, stdout, stderr } = spawnSync('wrangler', args, { encoding: 'utf8' })
  if (status === 0) return stdout
  if (absentIsEmpty && /not found|does not exist|10007/i.test(`${stdout}${stderr}`)) return '[]'
  console.error(stderr || stdout)
  process.exit(status ?? 1)
}
