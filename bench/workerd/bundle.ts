import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { unstable_readConfig } from 'wrangler'

/** What the bench needs of a wrangler.toml. */
interface Config {
  readonly compatibility_date: string
  readonly kv_namespaces: readonly { readonly binding: string }[]
  readonly r2_buckets: readonly { readonly binding: string }[]
  readonly queues: {
    readonly producers?: readonly { readonly binding: string }[]
    readonly consumers?: readonly {
      readonly queue: string
      readonly max_batch_size?: number
      readonly max_batch_timeout?: number
    }[]
  }
  readonly durable_objects: {
    readonly bindings: readonly { readonly name: string; readonly class_name: string }[]
  }
}

/** The product's configuration: all contenders get its compatibility date, its own Worker its bindings. */
export const config = unstable_readConfig(
  { config: join(import.meta.dirname, '../../wrangler.toml') },
  { hideWarnings: true },
) as Config

/** The product's compatibility date. */
export const compatibilityDate = config.compatibility_date

/** The one module that wrangler makes of a Worker, as it would be deployed. */
export function bundled(entry: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'edgewheel-bundle-'))
  try {
    const path = join(folder, 'wrangler.toml')
    writeFileSync(path, `name = "bench"\ncompatibility_date = "${compatibilityDate}"\n`)
    const wrangler = createRequire(import.meta.url).resolve('wrangler')
    const bin = join(wrangler, '../../bin/wrangler.js')
    const out = join(folder, 'out')
    const { status, stderr, stdout } = spawnSync(
      process.execPath,
      [bin, 'deploy', entry, '--dry-run', '--config', path, '--outdir', out],
      { encoding: 'utf8', env: { ...process.env, WRANGLER_SEND_METRICS: 'false' } },
    )
    const name = status === 0 ? readdirSync(out).find((file) => file.endsWith('.js')) : undefined
    if (!name) throw new Error(`wrangler could not bundle ${entry}:\n${stdout}\n${stderr}`)
    return readFileSync(join(out, name), 'utf8')
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The same of an entry given as text; it names files by absolute paths. */
export function bundledText(entry: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'edgewheel-entry-'))
  try {
    writeFileSync(join(folder, 'entry.mjs'), entry)
    return bundled(join(folder, 'entry.mjs'))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
