import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Contender } from '../measure/paired.ts'
import { bundled } from '../workerd/bundle.ts'
import { send } from '../workerd/load.ts'
import { serve } from '../workerd/serve.ts'

/** A contender in a workerd of its own. */
export interface WorkerdContender extends Contender {
  readonly page: readonly string[]
  stop(): Promise<void>
}

/** Makes one Worker of a chain; `rows` and contender are asked for by {@link workerdContender}. */
export function passBundle(chainSource: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'edgewheel-pass-'))
  try {
    const worker = fileURLToPath(new URL('./worker.ts', import.meta.url).href)
    writeFileSync(join(folder, 'chain.mjs'), chainSource)
    writeFileSync(
      join(folder, 'entry.mjs'),
      `import { passWorker } from ${JSON.stringify(worker)}
import * as chain from './chain.mjs'
export default passWorker(chain)
`,
    )
    return bundled(join(folder, 'entry.mjs'))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Starts a contender. */
export async function workerdContender(
  name: string,
  contender: 'edgewheel' | 'objects',
  bundle: string,
  rows: number,
): Promise<WorkerdContender> {
  const served = await serve(bundle)
  const path = (times: number) => `/?rows=${rows}&contender=${contender}&times=${times}`
  const page = JSON.parse(await send({ port: served.port, path: path(1) }))
  return {
    name,
    page,
    async run(times) {
      const before = served.cpuNs()
      await send({ port: served.port, path: path(times) })
      return served.cpuNs() - before
    },
    stop: served.stop,
  }
}
