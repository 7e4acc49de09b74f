import { chainOf, type Plan } from '../core/plan.ts'
import type { Runtime } from '../wheel/runtime.ts'
import { Problem } from './problem.ts'
import { type Call, json, type Route } from './route.ts'

/** How long a description waits for the model that serves, ms. */
const WAIT_MS = 1_000

/** `GET /v1/use-cases` and `GET /v1/use-cases/{id}`: the chains as data. */
export function useCaseRoutes(runtime: Runtime): Route[] {
  return [
    {
      method: 'GET',
      path: '/v1/use-cases',
      access: 'secret',
      async handle(call) {
        const useCases = await Promise.all(
          [...runtime.plans.values()].map((plan) => description(runtime, plan, call)),
        )
        return json({ useCases, events: eventsOf(runtime) })
      },
    },
    {
      method: 'GET',
      path: '/v1/use-cases/:id',
      access: 'secret',
      async handle(call) {
        return json(await description(runtime, planOfPath(runtime, call, 'id'), call))
      },
    },
  ]
}

/** The plan of the use case that a part of the path names. Throws 404. */
export function planOfPath(runtime: Runtime, call: Call, name: string): Plan {
  const plan = runtime.plans.get(call.param(name) ?? '')
  if (!plan) throw new Problem(404, 'unknown_use_case', 'There is no such use case.')
  return plan
}

function eventsOf({ events }: Runtime) {
  return [...events.values()].map(({ name, owner, about, once, many, item, user, value }) => ({
    ...{ name, owner, about, once, many, item, user },
    takesValue: value !== null,
  }))
}

async function description(runtime: Runtime, plan: Plan, { waitUntil }: Call) {
  const { useCase } = plan
  const model = await runtime.models.read(plan, { waitMs: WAIT_MS, waitUntil })
  const entities = new Map([[useCase.candidates.name, useCase.candidates]])
  for (const { entity } of Object.values(useCase.context)) entities.set(entity.name, entity)
  return {
    ...chainOf(useCase),
    takesCandidates: plan.takesCandidates,
    publicExplain: useCase.publicExplain,
    identity: useCase.identity,
    fingerprint: plan.fingerprint,
    features: useCase.featurize.map(({ name, kind, hash }) => ({ name, kind, hash })),
    entities: [...entities.values()].map(({ name, owner, layout, fields }) => ({
      name,
      owner,
      layout,
      fields: [...fields.values()].map((field) => ({
        name: field.name,
        kind: field.kind,
        origin: field.origin,
        public: field.public,
      })),
    })),
    outcomes: runtime.outcomes
      .filter(({ name }) => Object.hasOwn(useCase.objective, name))
      .map(({ name, type, withinMs }) => ({ name, type, withinMs })),
    model: model.serving?.version ?? null,
    modelRejected: model.rejected,
    variants: [{ id: 'control', share: 1 }],
  }
}
