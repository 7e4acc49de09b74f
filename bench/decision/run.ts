import { join } from 'node:path'
import {
  type Contender,
  cpuOf,
  type Effort,
  interleaved,
  type Rounds,
  ratioOf,
} from '../measure/paired.ts'
import { aim, type Figure, type Measurement } from '../measure/results.ts'
import { bundled, bundledText, config } from '../workerd/bundle.ts'
import { fire, keptConnections, type Shot, send } from '../workerd/load.ts'
import { type Bindings, type Served, serve } from '../workerd/serve.ts'
import { storeServer } from '../workerd/store-server.ts'
import { SETTINGS, type World, worldOf } from './world.ts'

/** The bindings that wrangler.toml gives the product's Worker, stores and queues at a server of ours. */
export function bindingsTo(address: string): Bindings {
  const at = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, address]))
  return {
    vars: SETTINGS,
    kv: at(config.kv_namespaces.map(({ binding }) => binding)),
    queues: at((config.queues.producers ?? []).map(({ binding }) => binding)),
    buckets: at(config.r2_buckets.map(({ binding }) => binding)),
    objects: Object.fromEntries(
      config.durable_objects.bindings.map(({ name, class_name }) => [name, class_name]),
    ),
  }
}

/** Makes the one module of a Worker of this folder. */
export function bundleOf(name: 'idiomatic' | 'no-op'): string {
  return bundled(join(import.meta.dirname, `${name}.ts`))
}

/** Makes the one module of the product's Worker with the bench's use cases, and the classes it is bound to. */
export function productBundle(): string {
  const classes = config.durable_objects.bindings.map(({ class_name }) => class_name)
  return bundledText(`import { worker } from ${JSON.stringify(join(import.meta.dirname, 'worker.ts'))}
export default worker.handler
export const { ${classes.join(', ')} } = worker.objects
`)
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
const OURS = 'edgewheel'
const OURS_UNLOGGED = 'edgewheel, not logged'
const OURS_GUEST = 'edgewheel, a guest, not logged'
const IDIOMATIC = 'idiomatic'
const IDIOMATIC_UNLOGGED = 'idiomatic, not logged'
const NO_OP = 'no-op route'
const NO_OP_READ = 'no-op route + store read'
const NO_OP_SEND = 'no-op route + store read + queue'

/** A warm decision against a route that does nothing with the same body, and against an idiomatic one. */
export async function measureDecision(effort: Effort): Promise<Measurement[]> {
  const world = worldOf(500)
  const store = await storeServer()
  for (const [key, value] of world.values) store.values.set(key, value)
  const agent = keptConnections()
  const served: Served[] = []
  const start = async (bundle: string, bindings: Bindings): Promise<Served> => {
    const one = await serve(bundle, bindings)
    served.push(one)
    return one
  }
  try {
    const bound = { kv: { FEATURES: store.address }, queues: { EVENTS: store.address } }
    const ours = await start(productBundle(), bindingsTo(store.address))
    const idiomatic = await start(bundleOf('idiomatic'), { vars: SETTINGS, ...bound })
    const noOp = await start(bundleOf('no-op'), bound)
    const to = (server: Served, path: string) => {
      return (name: string, body: object, headers = PUBLIC): Contender => {
        const shot = { path, headers, body: JSON.stringify(body), port: server.port }
        return {
          name,
          async run(times) {
            const before = server.cpuNs()
            await fire(shot, times, agent)
            await store.quiet()
            return server.cpuNs() - before
          },
        }
      }
    }
    const given = to(ours, '/v1/decide/bench-given')
    const drawn = to(ours, '/v1/decide/bench-drawn')
    const written = to(idiomatic, '/decide')
    const noOps = (body: object) => [
      to(noOp, '/no-op')(NO_OP, body),
      to(noOp, `/no-op-read/${world.userKey}`)(NO_OP_READ, body),
      to(noOp, `/no-op-read-send/${world.userKey}`)(NO_OP_SEND, body),
    ]
    const body = bodyOf(world)
    const preview = { preview: true }
    const { candidates: _, ...bare } = body
    await assertSameItems(
      {
        path: '/v1/decide/bench-given',
        headers: PUBLIC,
        body: JSON.stringify(body),
        port: ours.port,
      },
      { path: '/decide', headers: PUBLIC, body: JSON.stringify(body), port: idiomatic.port },
    )
    const sets: [string, Contender[]][] = [
      [
        'decision: 500 candidates in the body, 30 features, 20 slots',
        [
          given(OURS, body),
          given(OURS_UNLOGGED, { ...body, ...preview }, SECRET),
          given(OURS_GUEST, { ...body, ...preview, user: undefined }, SECRET),
          written(IDIOMATIC, body),
          written(IDIOMATIC_UNLOGGED, { ...body, ...preview }),
          ...noOps(body),
        ],
      ],
      [
        'decision: the same, with explanations',
        [
          given(OURS, { ...body, explain: true }),
          written(IDIOMATIC, { ...body, explain: true }),
          ...noOps(body),
        ],
      ],
      [
        'decision: 500 candidates drawn from 9,742 films, exploring, 30 features, 20 slots',
        [
          drawn(OURS, bare),
          drawn(OURS_UNLOGGED, { ...bare, ...preview }, SECRET),
          drawn(OURS_GUEST, { ...bare, ...preview, user: undefined }, SECRET),
          ...noOps(bare),
        ],
      ],
    ]
    const measurements: Measurement[] = []
    for (const [name, contenders] of sets) {
      const rounds = await interleaved(contenders, effort)
      measurements.push({ name, figures: figuresOf(rounds), notes: NOTES })
    }
    return measurements
  } finally {
    agent.destroy()
    for (const one of served) await one.stop()
    store.stop()
  }
}

const NOTES = [
  'bare workerd; the store and the queue are in another process, a Worker’s own part of the HTTP to them is counted',
  'both log all 500 candidates with their features: edgewheel one packed message, the idiomatic one five of JSON',
]

function figuresOf(rounds: Rounds): Figure[] {
  const has = (name: string) => rounds.names.includes(name)
  const ratio = (name: string, base: string, kind?: '≤' | '≥', bound?: number): Figure[] => {
    if (!has(name) || !has(base)) return []
    const value = ratioOf(rounds, name, base)
    const figure: Figure = { what: `${name} / ${base}`, unit: 'ratio', value }
    return [kind && bound ? { ...figure, aim: aim(kind, bound, value) } : figure]
  }
  return [
    ...rounds.names.map((name): Figure => ({ what: name, unit: 'µs', value: cpuOf(rounds, name) })),
    ...ratio(OURS, NO_OP, '≤', 2),
    ...ratio(OURS, NO_OP_SEND),
    ...ratio(OURS_UNLOGGED, NO_OP_READ),
    ...ratio(OURS_GUEST, NO_OP),
    ...ratio(IDIOMATIC, OURS, '≥', 5),
    ...ratio(IDIOMATIC_UNLOGGED, OURS_UNLOGGED),
  ]
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
