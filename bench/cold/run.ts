import { setTimeout as pause } from 'node:timers/promises'
import { bindingsTo, bodyOf, bundleOf, pageOf, productBundle } from '../decision/run.ts'
import { SETTINGS, worldOf } from '../decision/world.ts'
import { differenceOf, type Rounds, ratioOf, spread } from '../measure/paired.ts'
import type { Measurement } from '../measure/results.ts'
import { type Shot, send } from '../workerd/load.ts'
import { type Bindings, serve } from '../workerd/serve.ts'
import { storeServer } from '../workerd/store-server.ts'

const OURS = 'edgewheel'
const ROWS = 'bulk reads of JSON rows'
/** Until threads that compile in the background have ended what they were at. */
const SETTLE_MS = 150

interface First {
  readonly cpuUs: number
  readonly page: readonly string[]
}

/** The first decision of a fresh isolate, against one that reads 500 rows in bulk; each start is one round. */
export async function measureCold(starts: number): Promise<Measurement[]> {
  const world = worldOf(500)
  const store = await storeServer()
  for (const [key, value] of world.values) store.values.set(key, value)
  try {
    const body = JSON.stringify(bodyOf(world))
    const headers = { authorization: `Bearer ${SETTINGS.PUBLISHABLE_KEY}` }
    const rowsBindings = { vars: SETTINGS, kv: { FEATURES: store.address } }
    const ours = () => ({
      bindings: bindingsTo(store.address),
      shot: { path: '/v1/decide/bench-given', headers, body },
    })
    const rows = () => ({
      bindings: rowsBindings,
      shot: { path: '/decide-from-rows', headers, body },
    })
    const contenders = [
      { name: OURS, bundle: productBundle(), ...ours(), cpuUs: [] as number[] },
      { name: ROWS, bundle: bundleOf('idiomatic'), ...rows(), cpuUs: [] as number[] },
    ]
    for (let round = 0; round < starts; round++) {
      const pages: string[] = []
      for (const one of round % 2 === 0 ? contenders : contenders.toReversed()) {
        const { cpuUs, page } = await firstDecision(one.bundle, one.bindings, one.shot)
        one.cpuUs.push(cpuUs)
        pages.push(page.join())
      }
      if (pages[0] !== pages[1]) throw new Error(`the contenders disagree:\n${pages.join('\n')}`)
    }
    return [
      measurementOf({
        names: contenders.map(({ name }) => name),
        cpuUs: contenders.map(({ cpuUs }) => cpuUs),
      }),
    ]
  } finally {
    store.stop()
  }
}

async function firstDecision(
  bundle: string,
  bindings: Bindings,
  shot: Omit<Shot, 'port'>,
): Promise<First> {
  const served = await serve(bundle, bindings)
  try {
    await pause(SETTLE_MS)
    const before = served.cpuNs()
    const answer = await send({ ...shot, port: served.port })
    await pause(SETTLE_MS)
    return { cpuUs: (served.cpuNs() - before) / 1000, page: pageOf(answer) }
  } finally {
    await served.stop()
  }
}

function measurementOf(rounds: Rounds): Measurement {
  return {
    name: 'cold: the first decision of a fresh isolate, 500 candidates, 30 features, 20 slots',
    figures: [
      ...rounds.names.map((name, i) => ({
        what: name,
        unit: 'µs' as const,
        value: spread(rounds.cpuUs[i]),
      })),
      { what: `${OURS} / ${ROWS}`, unit: 'ratio', value: ratioOf(rounds, OURS, ROWS) },
      { what: `${OURS} − ${ROWS}`, unit: 'µs', value: differenceOf(rounds, OURS, ROWS) },
    ],
    notes: [
      'bare workerd, a new process for each; CPU from listening to 150 ms after the answer',
      `${OURS} reads one page of 9,742 films, and has them from then on; the other reads 500 rows and its visitor’s last films, each time`,
    ],
  }
}
