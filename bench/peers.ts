import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** Installs what edgewheel is measured against from its own lock file, where it is missing. */
export function installPeers(): void {
  const folder = fileURLToPath(new URL('.', import.meta.url).href)
  if (existsSync(`${folder}/node_modules/onnxruntime-web/package.json`)) return
  console.error('Installing the peers of bench/package.json …')
  const npm = spawnSync('npm', ['ci', '--prefix', folder, '--ignore-scripts', '--no-audit'], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  if (npm.status !== 0) throw new Error('npm ci --prefix bench --ignore-scripts failed')
}
