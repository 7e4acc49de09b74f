import { type Decision, decide } from '../wheel/decide.ts'
import { logDecisions } from '../wheel/log.ts'
import type { Runtime } from '../wheel/runtime.ts'
import { answerOf, serverTiming } from './decide-answer.ts'
import {
  type AskedDecision,
  type Caller,
  type DecideReader,
  decideReader,
  type Faults,
  raise,
} from './decide-request.ts'
import { batchEnvelope, DECIDE_CAPS } from './decide-schema.ts'
import { issuesOf } from './issues.ts'
import { Problem } from './problem.ts'
import { type Call, json, MAX_BYTES, type Route } from './route.ts'

/** Of a batch far over its cap no more requests are looked at: it is refused either way. */
const MAX_READ = 64

/** `POST /v1/decide/{useCase}`, and `POST /v1/decide` for several shelves in one call. */
export function decideRoutes(runtime: Runtime): Route[] {
  const readers = new Map<string, DecideReader>()
  for (const [id, plan] of runtime.plans) readers.set(id, decideReader(plan, runtime))
  const common = {
    method: 'POST',
    access: 'publishable',
    body: { maxBytes: MAX_BYTES.decide },
  } as const
  return [
    {
      ...common,
      path: '/v1/decide/:useCase',
      async handle(call) {
        const reader = readers.get(call.param('useCase') ?? '')
        if (!reader) throw unknownUseCase('There is no such use case.')
        const faults = noFaults()
        const asked = reader.read(call.json(), callerOf(call), faults)
        raise(faults)
        await call.admit()
        const decision = await decide(runtime, (asked as AskedDecision).call, call.waitUntil)
        log(runtime, [decision], [asked as AskedDecision], call)
        return answer(runtime, call, answerOf(runtime, decision, asked as AskedDecision), [
          decision,
        ])
      },
    },
    {
      ...common,
      path: '/v1/decide',
      async handle(call) {
        const { asked, distinct } = readBatch(readers, call)
        await call.admit()
        const decisions = distinct
          ? await decideDistinct(runtime, asked, call)
          : await Promise.all(asked.map((one) => decide(runtime, one.call, call.waitUntil)))
        log(runtime, decisions, asked, call)
        const answers = decisions.map((decision, i) => answerOf(runtime, decision, asked[i]))
        return answer(runtime, call, { decisions: answers }, decisions)
      },
    },
  ]
}

/** Previews leave no trace. */
function log(
  runtime: Runtime,
  decisions: readonly Decision[],
  asked: readonly AskedDecision[],
  { waitUntil }: Call,
): void {
  logDecisions(
    runtime,
    decisions.filter((_, i) => !asked[i].preview),
    waitUntil,
  )
}

function unknownUseCase(detail: string, path?: string): Problem {
  return new Problem(
    404,
    'unknown_use_case',
    detail,
    path ? { errors: [{ path, message: 'unknown use case' }] } : {},
  )
}

function noFaults(): Faults {
  return { issues: [], refusals: [], overCaps: [] }
}

function callerOf({ kind, optedOut }: Call): Caller {
  return { kind: kind === 'secret' ? 'secret' : 'publishable', optedOut }
}

function readBatch(readers: ReadonlyMap<string, DecideReader>, call: Call) {
  const envelope = batchEnvelope.safeParse(call.json())
  if (!envelope.success) {
    const issues = issuesOf(envelope.error)
    throw new Problem(400, 'invalid_request', 'The batch is not well formed.', { errors: issues })
  }
  const { requests, distinct = false } = envelope.data
  requests.forEach(({ useCase }, i) => {
    if (typeof useCase === 'string' && !readers.has(useCase))
      throw unknownUseCase('There is no such use case.', `requests[${i}].useCase`)
  })
  const faults = noFaults()
  const caller = callerOf(call)
  const asked = requests.slice(0, MAX_READ).map(({ useCase, ...body }, i) => {
    const prefix = `requests[${i}]`
    const reader = typeof useCase === 'string' ? readers.get(useCase) : undefined
    if (reader) return reader.read(body, caller, faults, prefix)
    faults.issues.push({ path: `${prefix}.useCase`, message: 'expected the id of a use case' })
    return null
  })
  if (requests.length > DECIDE_CAPS.requests)
    faults.overCaps.push({
      path: 'requests',
      message: `more than ${DECIDE_CAPS.requests} requests`,
    })
  raise(faults)
  return { asked: asked as AskedDecision[], distinct }
}

/** One after the other: each shelf leaves out what the shelves above it show. */
async function decideDistinct(
  runtime: Runtime,
  asked: readonly AskedDecision[],
  { waitUntil }: Call,
): Promise<Decision[]> {
  const shown = new Map<string, string[]>()
  const decisions: Decision[] = []
  for (const { call } of asked) {
    const entity = call.plan.useCase.candidates.name
    const above = shown.get(entity) ?? []
    const exclude = new Set([...call.request.exclude, ...above])
    const request = { ...call.request, exclude }
    const decision = await decide(runtime, { ...call, request }, waitUntil)
    shown.set(entity, [...above, ...decision.items.map(({ id }) => id)])
    decisions.push(decision)
  }
  return decisions
}

function answer(
  { clock }: Runtime,
  { kind }: Call,
  body: unknown,
  decisions: readonly Decision[],
): Response {
  const timing = decisions.map((decision) => serverTiming(decision, clock.nowMs())).join(', ')
  return json(body, 200, kind === 'secret' ? { 'server-timing': timing } : {})
}
