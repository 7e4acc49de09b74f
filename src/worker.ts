import { checkAggregates } from './core/aggregate/check.ts'
import type { Clock } from './core/deadline.ts'
import type { Entity } from './core/entity.ts'
import { EdgewheelError } from './core/errors.ts'
import type { EventType } from './core/event.ts'
import type { OutcomeEvent } from './core/event-envelope.ts'
import { checkOutcomes, type Outcome } from './core/event-outcome.ts'
import { type Plan, planOf } from './core/plan.ts'
import type { UseCase } from './core/use-case.ts'
import type { Env } from './env.ts'
import { createApp } from './http/app.ts'
import { isUserEntity } from './http/entities.ts'
import { Problem, problemResponse } from './http/problem.ts'
import { secretsOf } from './http/secrets.ts'
import type { FeatureStore } from './store/feature-store.ts'
import { isolateCache } from './store/isolate-cache.ts'
import { kvStore } from './store/kv.ts'
import { redisStore } from './store/redis.ts'
import { tableCache } from './store/tables.ts'
import { applyOutcomes } from './wheel/apply.ts'
import { eventOwners } from './wheel/apply-owners.ts'
import { collect, collectDead } from './wheel/collect.ts'
import { forgetClass } from './wheel/forget.ts'
import { forgetClient, rememberingOwners } from './wheel/forget-client.ts'
import { personalRecords } from './wheel/forget-records.ts'
import { sendOutcomes } from './wheel/log.ts'
import { loggedOwners } from './wheel/logged-owners.ts'
import { backlogOf } from './wheel/metric-backlog.ts'
import { metricsClient } from './wheel/metric-client.ts'
import { metricsClass } from './wheel/metrics.ts'
import { modelCache } from './wheel/model-cache.ts'
import { outboxClass, outboxesOf } from './wheel/outbox.ts'
import { publisher } from './wheel/publisher.ts'
import { recordOwners } from './wheel/record-owners.ts'
import { recordsClass } from './wheel/records.ts'
import { registryClass, registryClient } from './wheel/registry.ts'
import { runsClass, runsClient } from './wheel/run.ts'
import type { Runtime } from './wheel/runtime.ts'

/** What a project hands over: its entities, events, outcomes and use cases. */
export interface WorkerOptions {
  readonly entities: readonly Entity[]
  readonly events: readonly EventType[]
  readonly outcomes: readonly Outcome[]
  readonly useCases: readonly UseCase[]
}

/**
 * Makes the Worker and its object classes from definitions. Throws `invalid_definition` where they
 * contradict each other, so that the Worker does not start. Export `objects` under the names that the
 * bindings use.
 */
export function createWorker(options: WorkerOptions) {
  const { entities, useCases } = options
  const plans = plansOf(options)
  const events = new Map(options.events.map((event) => [event.name, event]))
  const isPersonal = (entity: Entity) => isUserEntity({ plans, events }, entity)
  const isolates = new WeakMap<Env, ReturnType<typeof isolateWith>>()
  const isolateOf = (env: Env) => {
    let isolate = isolates.get(env)
    if (!isolate) {
      isolate = isolateWith(env, plans, options)
      isolates.set(env, isolate)
    }
    return isolate
  }
  const handler = {
    fetch(request, env, ctx) {
      try {
        return isolateOf(env).app.fetch(request, env, ctx)
      } catch (error) {
        // Settings are missing; nothing else throws before a route is found.
        if (!(error instanceof Problem)) throw error
        console.error(error.message)
        return problemResponse(error, new URL(request.url).pathname)
      }
    },
    async queue(batch, env) {
      const bucket = env.LAKE
      if (batch.queue.endsWith(DEAD_LETTERS)) await collectDead(batch, { bucket })
      else await collect(batch, { bucket, ...isolateOf(env).collecting })
    },
    async scheduled(_, env) {
      await isolateOf(env).forgetting.passThroughLake()
    },
  } satisfies ExportedHandler<Env>
  return {
    handler,
    objects: {
      Records: recordsClass<Env>({ entities, storeOf }),
      Registry: registryClass<Env>({ useCases, storeOf }),
      Outbox: outboxClass<Env>({ queueOf: ({ EVENTS }) => EVENTS }),
      Metrics: metricsClass<Env>(),
      Runs: runsClass<Env>(),
      Forget: forgetClass<Env>({
        recordsOf: ({ RECORDS: namespace }) => personalRecords({ namespace, entities, isPersonal }),
        lakeOf: ({ LAKE }) => LAKE,
        runsOf: ({ RUNS }) => runsClient(RUNS),
      }),
    },
  }
}

/** How the name of a dead-letter queue ends. */
const DEAD_LETTERS = '-dead'

/** The feature store that `FEATURE_STORE` names. */
function storeOf(env: Env): FeatureStore {
  const driver = env.FEATURE_STORE ?? 'kv'
  if (driver === 'kv') return kvStore({ namespace: env.FEATURES })
  if (driver !== 'redis')
    throw new Problem(503, 'not_configured', `FEATURE_STORE is kv or redis, not '${driver}'.`)
  const { UPSTASH_REDIS_REST_URL: url, UPSTASH_REDIS_REST_TOKEN: token } = env
  if (!url || !token)
    throw new Problem(
      503,
      'not_configured',
      'FEATURE_STORE is redis, but UPSTASH_REDIS_REST_URL or UPSTASH_REDIS_REST_TOKEN is not set.',
    )
  return redisStore({ url, token })
}

const clock: Clock = {
  nowMs: () => Date.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, ms)
      signal.addEventListener('abort', () => {
        clearTimeout(timer)
        resolve()
      })
    }),
}

/** What one isolate makes of its bindings, once. */
function isolateWith(
  env: Env,
  plans: ReadonlyMap<string, Plan>,
  { entities, events, outcomes }: WorkerOptions,
) {
  const { keys, ...secrets } = secretsOf(env)
  const store = storeOf(env)
  const cache = isolateCache({ clock, random: Math.random })
  const { EVENTS: queue, OUTBOX, LAKE: lake } = env
  const outboxes = outboxesOf(OUTBOX)
  const log = { lake, clock, publisher: publisher({ clock, random: Math.random, queue, outboxes }) }
  const eventTypes = new Map(events.map((event) => [event.name, event]))
  const metrics = metricsClient({
    ...{ namespace: env.METRICS, useCases: [...plans.keys()], events: eventTypes, outcomes },
  })
  const personal = entities.filter((one) => isUserEntity({ plans, events: eventTypes }, one))
  const forgetting = forgetClient(env.FORGET, new Set(personal.map(({ name }) => name)))
  const owners = loggedOwners(recordOwners(env.RECORDS, entities), log)
  const runtime: Runtime = {
    ...secrets,
    plans,
    entities: new Map(entities.map((entity) => [entity.name, entity])),
    events: eventTypes,
    outcomes,
    metrics,
    backlog: () => backlogOf(OUTBOX),
    store,
    tables: tableCache({ store, cache }),
    models: modelCache({ store, cache }),
    owners: rememberingOwners(owners, forgetting, clock.nowMs),
    eventOwners: eventOwners(env.RECORDS, entities),
    registry: registryClient(env.REGISTRY),
    runs: runsClient(env.RUNS),
    forgetting,
    ...log,
  }
  const app = createApp({
    ...{ runtime, keys, assets: env.ASSETS, limiter: env.RATE_LIMITER ?? null },
    sendOutcomes: (list) => sendOutcomes(runtime, list),
    eventLimiter: env.EVENT_LIMITER ?? null,
    honoursGpc: env.SEC_GPC !== 'ignore',
  })
  return {
    app,
    forgetting,
    collecting: {
      people: forgetting,
      applyOutcomes: (list: readonly OutcomeEvent[]) => applyOutcomes(runtime, list),
      countMetrics: metrics.count,
    },
  }
}

function refuse(message: string): never {
  throw new EdgewheelError('invalid_definition', message)
}

/** Checks all definitions together. */
function plansOf({
  entities,
  events,
  outcomes,
  useCases,
}: WorkerOptions): ReadonlyMap<string, Plan> {
  checkOutcomes(outcomes, events)
  checkAggregates(entities, events)
  const plans = new Map<string, Plan>()
  const known = new Map<string, Entity>()
  for (const entity of entities) {
    if (known.has(entity.name)) refuse(`two entities are named '${entity.name}'`)
    known.set(entity.name, entity)
  }
  for (const useCase of useCases) {
    if (plans.has(useCase.id)) refuse(`two use cases are named '${useCase.id}'`)
    const bound = Object.values(useCase.context).map(({ entity }) => entity)
    for (const entity of [useCase.candidates, ...bound])
      if (known.get(entity.name) !== entity)
        refuse(`use case ${useCase.id}: entity '${entity.name}' is not among the entities`)
    const strange = Object.keys(useCase.objective).find(
      (name) => !outcomes.some((outcome) => outcome.name === name),
    )
    if (strange !== undefined)
      refuse(
        `use case ${useCase.id}: objective weighs '${strange}', which is no outcome; there are ${outcomes.map(({ name }) => name).join(', ')}`,
      )
    plans.set(useCase.id, planOf(useCase))
  }
  return plans
}
