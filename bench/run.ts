import { fileURLToPath } from 'node:url'
import { measureCold } from './cold/run.ts'
import { measureCost } from './cost/run.ts'
import { measureDecision } from './decision/run.ts'
import { FULL, QUICK } from './measure/paired.ts'
import { tableOf } from './measure/print.ts'
import { type Measurement, machine, type Part, writeParts } from './measure/results.ts'
import { measurePass } from './pass/run.ts'
import { installPeers } from './peers.ts'
import { measureStartup } from './startup/run.ts'

/**
 * `npm run bench [-- pass …] [--quick]`: measures the parts named (default: all), prints them and puts
 * them into bench/results.json. `--quick` only shows that everything runs: few rounds, nothing written.
 */
const PARTS: Readonly<Record<string, (quick: boolean) => Promise<Measurement[]>>> = {
  startup: (quick) => measureStartup(quick ? 1 : STARTS),
  cost: (quick) => measureCost(quick ? 40 : 1_000),
  cold: (quick) => measureCold(quick ? 1 : STARTS),
  decision: (quick) => measureDecision(quick ? QUICK : FULL),
  pass: (quick) => (quick ? measurePass(QUICK, [{ rows: 40, features: 16 }]) : measurePass(FULL)),
}

/** How many fresh processes of each contender. */
const STARTS = 11

const words = process.argv.slice(2)
const quick = words.includes('--quick')
const asked = words.filter((word) => word !== '--quick')
const unknown = asked.filter((name) => !Object.hasOwn(PARTS, name))
if (unknown.length > 0) {
  console.error(`No such part: ${unknown.join(', ')}. There are: ${Object.keys(PARTS).join(', ')}.`)
  process.exit(2)
}

const names = asked.length > 0 ? asked : Object.keys(PARTS)
// Nobody else sends this bill.
if (!quick && names.some((name) => name !== 'cost')) installPeers()
for (const name of names) {
  const measurements = await PARTS[name](quick)
  for (const measurement of measurements) console.log(`${tableOf(measurement)}\n`)
  const part: Part = {
    date: new Date().toISOString(),
    machine: machine(),
    rounds: FULL.rounds,
    measurements,
  }
  if (!quick)
    writeParts(fileURLToPath(new URL('results.json', import.meta.url).href), { [name]: part })
}
