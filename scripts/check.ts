import { spawnSync } from 'node:child_process'

/** What `npm run check` runs, cheapest first; every step runs, so that one run shows all that is wrong. */
const steps: readonly [string, readonly string[]][] = [
  ['lint and format', ['biome', 'check', '--error-on-warnings', '.']],
  ['types: worker', ['tsc', '-p', 'tsconfig.json']],
  ['types: cli and examples', ['tsc', '-p', 'tsconfig.node.json']],
  ['types: tests, bench and scripts', ['tsc', '-p', 'tsconfig.test.json']],
  ['bindings match wrangler.toml', ['node', 'scripts/check-bindings.ts']],
  ['import direction', ['vitest', 'run', '--project', 'node', 'test/architecture.test.ts']],
  ['generated files', ['node', 'scripts/generate.ts', '--check']],
  ['dry-run deploy', ['wrangler', 'deploy', '--dry-run', '--outdir', 'dist']],
]

let failed = 0
for (const [name, [command, ...args]] of steps) {
  const { status, stdout, stderr } = spawnSync(command, args, {
    encoding: 'utf8',
    env: { ...process.env, WRANGLER_SEND_METRICS: 'false' },
  })
  console.log(`${status === 0 ? '✓' : '✗'} ${name}`)
  if (status === 0) continue
  failed++
  console.log(`${stdout ?? ''}${stderr ?? ''}`)
}
process.exitCode = failed > 0 ? 1 : 0
