import { fileURLToPath } from 'node:url'
import {
  type Contender,
  cpuOf,
  differenceOf,
  type Effort,
  interleaved,
  type Rounds,
  ratioOf,
} from '../measure/paired.ts'
import { aim, type Figure, type Measurement } from '../measure/results.ts'
import { bundled } from '../workerd/bundle.ts'
import { fire, keptConnections, type Shot, send } from '../workerd/load.ts'
import { type Bindings, type Served, serve } from '../workerd/serve.ts'
import { storeServer } from '../workerd/store-server.ts'
import { SETTINGS, type World, worldOf } from './world.ts'

/** The bindings of the product's Worker, behind a server of ours. */
export function bindingsTo(address: string): Bindings {
  return {
    vars: SETTINGS,
    kv: { FEATURES: address },
    queues: { EVENTS: address },
    buckets: { LAKE: address },
    objects: { RECORDS: 'Records', REGISTRY: 'Registry', OUTBOX: 'Outbox' },
  }
}

/** Makes the one module of a Worker of this folder. */
export function bundleOf(name: string): string {
  return bundled(fileURLToPath(new URL(`./${name}.ts`, import.meta.url).href))
}

/** The body of a decision over the candidates of a world, as every contender takes it. */
export function bodyOf(world: World, more: object = {}): Record<string, unknown> {
  return {
    user: { id: world.user },
    context: {
      device: 'desk',
      recent: [{ type: 'click', item: world.candidates[0], at: Date.now() }],
    },
    candidates: world.candidates,
    limit: 20,
    return: ['title', 'genres'],
    ...more,
  }
}

const PUBLIC = { authorization: `Bearer ${SETTINGS.PUBLISHABLE_KEY}` }
const SECRET = { authorization: `Bearer ${SETTINGS.SECRET_KEY}` }
const NO_OP = 'no-op route'
const NO_OP_READ = 'no-op route, one store read'

/** A warm decision against a route that does nothing with the same body, and against an idiomatic one. */
export async function measureDecision(effort: Effort): Promise<Measurement[]> {
  const world = worldOf(500)
  const store = await storeServer()
  for (const [key, value] of world.values) store.values.set(key, value)
  const agent = keptConnections()
  const served: Served[] = []
  const start = async (name: string, bindings: Bindings): Promise<Served> => {
    const one = await serve(bundleOf(name), bindings)
    served.push(one)
    return one
  }
  try {
    const kv = { FEATURES: store.address }
    const ours = await start('worker', bindingsTo(store.address))
    const idiomatic = await start('idiomatic', { vars: SETTINGS, kv })
    const noOp = await start('no-op', { kv })
    const contender = (name: string, server: Served, shot: Omit<Shot, 'port'>): Contender => ({
      name,
      async run(times) {
        const before = server.cpuNs()
        await fire({ ...shot, port: server.port }, times, agent)
        return server.cpuNs() - before
      },
    })
    const decide = (useCase: string, body: object, headers = PUBLIC) => ({
      path: `/v1/decide/${useCase}`,
      headers,
      body: JSON.stringify(body),
    })
    const written = (body: object) => ({
      path: '/decide',
      headers: PUBLIC,
      body: JSON.stringify(body),
    })
    const given = bodyOf(world)
    const { candidates: _, ...drawn } = given
    await assertSameItems(
      { ...decide('bench-given', given), port: ours.port },
      { ...written(given), port: idiomatic.port },
    )
    const readPath = `/no-op-read/${world.userKey}`
    const sets: [string, Contender[]][] = [
      [
        'decision: 500 candidates in the body, 30 features, 20 slots',
        [
          contender('edgewheel', ours, decide('bench-given', given)),
          contender(
            'edgewheel, not logged',
            ours,
            decide('bench-given', { ...given, preview: true }, SECRET),
          ),
          contender('idiomatic', idiomatic, written(given)),
          contender(NO_OP, noOp, { path: '/no-op', body: JSON.stringify(given) }),
          contender(NO_OP_READ, noOp, { path: readPath, body: JSON.stringify(given) }),
        ],
      ],
      [
        'decision: the same, with explanations',
        [
          contender('edgewheel', ours, decide('bench-given', { ...given, explain: true })),
          contender('idiomatic', idiomatic, written({ ...given, explain: true })),
          contender(NO_OP, noOp, { path: '/no-op', body: JSON.stringify(given) }),
          contender(NO_OP_READ, noOp, { path: readPath, body: JSON.stringify(given) }),
        ],
      ],
      [
        'decision: 500 candidates drawn from 9,742 films, exploring, 30 features, 20 slots',
        [
          contender('edgewheel', ours, decide('bench-drawn', drawn)),
          contender(
            'edgewheel, not logged',
            ours,
            decide('bench-drawn', { ...drawn, preview: true }, SECRET),
          ),
          contender(NO_OP, noOp, { path: '/no-op', body: JSON.stringify(drawn) }),
          contender(NO_OP_READ, noOp, { path: readPath, body: JSON.stringify(drawn) }),
        ],
      ],
    ]
    const measurements: Measurement[] = []
    for (const [name, contenders] of sets)
      measurements.push({
        name,
        figures: figuresOf(await interleaved(contenders, effort)),
        notes: NOTES,
      })
    return measurements
  } finally {
    agent.destroy()
    for (const one of served) await one.stop()
    store.stop()
  }
}

const NOTES = [
  'bare workerd; the store and the queue are in another process, the HTTP to them is counted',
]

function figuresOf(rounds: Rounds): Figure[] {
  const figures: Figure[] = rounds.names.map((name) => ({
    what: name,
    unit: 'µs',
    value: cpuOf(rounds, name),
  }))
  const noOp = ratioOf(rounds, 'edgewheel', NO_OP)
  figures.push({ what: `edgewheel / ${NO_OP}`, unit: 'ratio', value: noOp, aim: aim('≤', 2, noOp) })
  figures.push({
    what: `edgewheel / ${NO_OP_READ}`,
    unit: 'ratio',
    value: ratioOf(rounds, 'edgewheel', NO_OP_READ),
  })
  figures.push({
    what: `edgewheel − ${NO_OP_READ}`,
    unit: 'µs',
    value: differenceOf(rounds, 'edgewheel', NO_OP_READ),
  })
  if (rounds.names.includes('idiomatic')) {
    const idiomatic = ratioOf(rounds, 'idiomatic', 'edgewheel')
    figures.push({
      what: 'idiomatic / edgewheel',
      unit: 'ratio',
      value: idiomatic,
      aim: aim('≥', 5, idiomatic),
    })
  }
  return figures
}

async function assertSameItems(a: Shot, b: Shot): Promise<void> {
  const [page, other] = await Promise.all([a, b].map(async (shot) => pageOf(await send(shot))))
  if (page.length !== 20 || page.join() !== other.join())
    throw new Error(`the contenders disagree:\n${page.join(' ')}\n${other.join(' ')}`)
}

/** The ids of an answer. Throws where the decision was less than it could be. */
export function pageOf(answer: string): string[] {
  const { items, degraded } = JSON.parse(answer) as { items: { id: string }[]; degraded?: string[] }
  if (degraded && degraded.length > 0) throw new Error(`degraded: ${degraded.join(', ')}`)
  return items.map(({ id }) => id)
}
