import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { bindingsTo } from '../decision/run.ts'
import { differenceOf, type Rounds, spread } from '../measure/paired.ts'
import { aim, exactly, type Measurement } from '../measure/results.ts'
import { bundled } from '../workerd/bundle.ts'
import { type Bindings, serve } from '../workerd/serve.ts'

const NOTHING = 'export default { fetch: () => new Response() }'
const SETTLE_MS = 150

/** What the product's own Worker weighs, and what starting it costs beside a Worker that holds nothing. */
export async function measureStartup(starts: number): Promise<Measurement[]> {
  const bundle = bundled(join(import.meta.dirname, '../../src/index.ts'))
  // No store is asked before the first request.
  const bindings = bindingsTo('127.0.0.1:9')
  const cpuUs: [number[], number[]] = [[], []]
  for (let round = 0; round < starts; round++) {
    const both = [
      async () => cpuUs[0].push(await startCpuUs(bundle, bindings)),
      async () => cpuUs[1].push(await startCpuUs(NOTHING, {})),
    ]
    for (const one of round % 2 === 0 ? both : both.toReversed()) await one()
  }
  const rounds: Rounds = {
    names: ['edgewheel', 'empty'],
    cpuUs: cpuUs.map((values) => values.map((value) => value / 1000)),
  }
  const own = differenceOf(rounds, 'edgewheel', 'empty')
  return [
    {
      name: 'startup: the bundle, and the CPU of its start',
      figures: [
        { what: 'bundle', unit: 'bytes', value: exactly(Buffer.byteLength(bundle)) },
        { what: 'bundle, gzipped', unit: 'bytes', value: exactly(gzipSync(bundle).length) },
        { what: 'workerd with edgewheel', unit: 'ms', value: spread(rounds.cpuUs[0]) },
        { what: 'workerd with an empty Worker', unit: 'ms', value: spread(rounds.cpuUs[1]) },
        { what: 'edgewheel alone', unit: 'ms', value: own, aim: aim('≤', 50, own, ' ms') },
      ],
      notes: ['bare workerd, a new process each time, CPU of all its threads until it listens'],
    },
  ]
}

async function startCpuUs(module: string, bindings: Bindings): Promise<number> {
  const served = await serve(module, bindings)
  try {
    await pause(SETTLE_MS)
    return served.cpuNs() / 1000
  } finally {
    await served.stop()
  }
}
