import { readFileSync } from 'node:fs'
import { unstable_readConfig } from 'wrangler'

/** Every binding, variable and secret of wrangler.toml is declared in src/env.ts, and the other way round. */
interface Config {
  readonly vars?: Record<string, unknown>
  readonly secrets?: { readonly required?: readonly string[] }
  readonly kv_namespaces?: readonly { readonly binding: string }[]
  readonly r2_buckets?: readonly { readonly binding: string }[]
  readonly queues?: { readonly producers?: readonly { readonly binding: string }[] }
  readonly durable_objects?: { readonly bindings?: readonly { readonly name: string }[] }
  readonly assets?: { readonly binding?: string }
}

// wrangler's own types need the Worker's runtime types, which scripts do not load.
const config = unstable_readConfig({ config: 'wrangler.toml' }) as Config
const bound = new Set([
  ...Object.keys(config.vars ?? {}),
  ...(config.secrets?.required ?? []),
  ...(config.kv_namespaces ?? []).map(({ binding }) => binding),
  ...(config.r2_buckets ?? []).map(({ binding }) => binding),
  ...(config.queues?.producers ?? []).map(({ binding }) => binding),
  ...(config.durable_objects?.bindings ?? []).map(({ name }) => name),
  ...(config.assets?.binding ? [config.assets.binding] : []),
])
const declared = [...readFileSync('src/env.ts', 'utf8').matchAll(/^ {2}readonly ([A-Z_]+)(\??):/gm)]
const missing = [...bound].filter((name) => !declared.some(([, known]) => known === name))
const unbound = declared
  .filter(([, name, optional]) => optional === '' && !bound.has(name))
  .map(([, name]) => name)
for (const name of missing)
  console.error(`wrangler.toml binds ${name}, src/env.ts does not declare it`)
for (const name of unbound)
  console.error(`src/env.ts needs ${name}, wrangler.toml does not bind it`)
process.exitCode = missing.length + unbound.length > 0 ? 1 : 0
