import type { Plan } from '../core/plan.ts'
import type { DecideRequest, GivenCandidate } from '../core/request.ts'
import { type Issue, type ParsedFilter, parseFilter } from '../core/request-filter.ts'
import type { DecideCall } from '../wheel/decide.ts'
import type { Runtime } from '../wheel/runtime.ts'
import type { KeyKind } from './auth.ts'
import {
  DECIDE_CAPS,
  type DecideBody,
  decideBodyOf,
  type WrittenCandidate,
} from './decide-schema.ts'
import { issuesOf, pathText } from './issues.ts'
import { Problem, type ProblemCode } from './problem.ts'
import { timeMs } from './times.ts'
import { userAttributes } from './user-attributes.ts'
import { isUserToken } from './user-token.ts'

/** Who asks, and what their browser says about privacy. */
export interface Caller {
  readonly kind: KeyKind
  /** `Sec-GPC: 1`: nothing of this decision may be trained on, whatever the body says. */
  readonly optedOut: boolean
}

/** A decision as asked for: what to decide, and how to put it into words. */
export interface AskedDecision {
  readonly call: DecideCall
  readonly explain: boolean
  /** Fields to return with each item; undefined: none asked for. */
  readonly fields: readonly string[] | undefined
  readonly preview: boolean
}

/** What is wrong with a request, by the order in which it is said: 400, then 403, then 422. */
export interface Faults {
  readonly issues: Issue[]
  readonly refusals: { readonly code: ProblemCode; readonly issue: Issue }[]
  readonly overCaps: Issue[]
}

/** The first kind of fault as a problem; returns where there is none. */
export function raise({ issues, refusals, overCaps }: Faults): void {
  if (issues.length > 0)
    throw new Problem(400, 'invalid_request', saying(issues), { errors: issues })
  if (refusals.length > 0)
    throw new Problem(403, refusals[0].code, saying(refusals.map(({ issue }) => issue)), {
      errors: refusals.map(({ issue }) => issue),
    })
  if (overCaps.length > 0)
    throw new Problem(422, 'over_cap', saying(overCaps), { errors: overCaps })
}

function saying(issues: readonly Issue[]): string {
  const [{ path, message }] = issues
  return path === '' ? message : `${path}: ${message}`
}

/** Turns bodies into decisions to make, one use case each. */
export interface DecideReader {
  /** The checked request; what is wrong is added to `faults` (`prefix` leads its paths) and null returned. */
  read(body: unknown, caller: Caller, faults: Faults, prefix?: string): AskedDecision | null
}

/** A reader for one use case; its schema is built once. */
export function decideReader(plan: Plan, runtime: Runtime): DecideReader {
  const schema = decideBodyOf(plan)
  const { useCase } = plan
  const user = useCase.context.user?.entity
  return {
    read(body, caller, faults, prefix = '') {
      const at = (...path: PropertyKey[]) => pathText(path, prefix)
      const parsed = schema.safeParse(body)
      const issues = parsed.success ? [] : issuesOf(parsed.error, prefix)
      const written = parsed.success ? parsed.data : undefined
      const filter = readFilter(plan, body, at('filter'))
      issues.push(...filter.issues)
      if (written !== undefined) checkFit(plan, written, at, issues)
      if (written === undefined || issues.length > 0) {
        faults.issues.push(...issues)
        return null
      }
      const before = faults.refusals.length + faults.overCaps.length
      faults.refusals.push(...refusalsOf(plan, written, filter, caller, runtime, at))
      faults.overCaps.push(...overCapsOf(written, at), ...filter.overCaps)
      if (faults.refusals.length + faults.overCaps.length > before) return null
      const personalize = written.consent?.personalize ?? true
      const train = (written.consent?.train ?? true) && !caller.optedOut
      const candidates = written.candidates && merged(written.candidates)
      const { recent = [], ...context } = written.context
      const asked = written.user
      const request: DecideRequest = {
        user: {
          id: personalize && asked?.id !== undefined ? runtime.pseudonym(asked.id) : undefined,
          attributes: userAttributes(user, personalize ? asked?.attributes : undefined),
        },
        context,
        candidates,
        limit:
          written.limit ??
          (candidates ? Math.min(Math.max(candidates.length, 1), DECIDE_CAPS.limit) : 10),
        exclude: new Set(written.exclude),
        filter: written.filter,
        consent: { personalize, train },
      }
      return {
        call: { plan, request, recent: personalize ? interactions(recent) : [] },
        explain: written.explain ?? false,
        fields: written.return,
        preview: written.preview ?? false,
      }
    },
  }
}

type At = (...path: PropertyKey[]) => string

const NO_FILTER: ParsedFilter = { issues: [], overCaps: [], fields: [] }

function readFilter(plan: Plan, body: unknown, path: string): ParsedFilter {
  if (body === null || typeof body !== 'object' || !Object.hasOwn(body, 'filter')) return NO_FILTER
  return parseFilter((body as DecideBody).filter, plan.useCase.candidates.fields, path)
}

/** What the schema cannot know: whether the use case takes candidates, and its entity's fields. */
function checkFit(plan: Plan, written: DecideBody, at: At, issues: Issue[]): void {
  if (plan.takesCandidates && written.candidates === undefined)
    issues.push({
      path: at('candidates'),
      message: 'this use case ranks the candidates it is given',
    })
  if (!plan.takesCandidates && written.candidates !== undefined)
    issues.push({ path: at('candidates'), message: 'this use case draws its own candidates' })
  written.return?.forEach((field, i) => {
    if (!plan.useCase.candidates.fields.has(field) && issues.length < 20)
      issues.push({ path: at('return', i), message: `unknown field '${field.slice(0, 64)}'` })
  })
}

function refusalsOf(
  plan: Plan,
  written: DecideBody,
  filter: ParsedFilter,
  caller: Caller,
  runtime: Runtime,
  at: At,
): Faults['refusals'] {
  if (caller.kind === 'secret') return []
  const refusals: Faults['refusals'] = []
  const refuse = (path: string, message: string, code: ProblemCode = 'forbidden') =>
    refusals.push({ code, issue: { path, message } })
  const { candidates, publicExplain, identity } = plan.useCase
  const isPrivate = (field: string) => candidates.fields.get(field)?.public !== true
  written.return?.forEach((field, i) => {
    if (isPrivate(field) && refusals.length < 20)
      refuse(at('return', i), `'${field}' is not public`)
  })
  for (const { field, path } of filter.fields)
    if (isPrivate(field) && refusals.length < 20) refuse(path, `'${field}' is not public`)
  if (written.explain && !publicExplain) refuse(at('explain'), 'needs the secret key here')
  if (written.preview) refuse(at('preview'), 'needs the secret key')
  if (identity === 'signed' && written.user?.id !== undefined) {
    const { id, token } = written.user
    if (!isUserToken(runtime, id, token))
      refuse(at('user', 'token'), 'this use case needs a token signed for the user', 'bad_token')
  }
  return refusals
}

function overCapsOf({ candidates, exclude, limit, context }: DecideBody, at: At): Issue[] {
  const over: Issue[] = []
  const cap = (size: number, most: number, path: string, of: string) => {
    if (size > most) over.push({ path, message: `more than ${most}${of}` })
  }
  cap(candidates?.length ?? 0, DECIDE_CAPS.candidates, at('candidates'), ' candidates')
  cap(exclude?.length ?? 0, DECIDE_CAPS.exclude, at('exclude'), ' ids')
  cap(limit ?? 0, DECIDE_CAPS.limit, at('limit'), '')
  cap(context.recent?.length ?? 0, DECIDE_CAPS.recent, at('context', 'recent'), ' interactions')
  return over
}

/** One candidate an id, in the order they came; the first one that brings fields is heard. */
function merged(written: readonly WrittenCandidate[]): readonly GivenCandidate[] {
  const byId = new Map<string, GivenCandidate>()
  for (const candidate of written) {
    const id = typeof candidate === 'string' ? candidate : candidate.id
    const fields = typeof candidate === 'string' ? undefined : candidate.fields
    const known = byId.get(id)
    if (known === undefined) byId.set(id, { id, fields: fields ?? NO_FIELDS })
    else if (fields !== undefined && known.fields === NO_FIELDS) byId.set(id, { id, fields })
  }
  return [...byId.values()]
}

const NO_FIELDS: GivenCandidate['fields'] = Object.freeze({})

function interactions(recent: NonNullable<DecideBody['context']['recent']>): DecideCall['recent'] {
  return recent
    .map(({ type, item, at, value }) => ({
      type,
      item,
      atMs: timeMs(at) as number,
      ...(value === undefined ? {} : { value }),
    }))
    .sort((a, b) => b.atMs - a.atMs)
}
