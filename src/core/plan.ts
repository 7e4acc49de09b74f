import type { Entity } from './entity.ts'
import { EdgewheelError } from './errors.ts'
import { fingerprint } from './fingerprint.ts'
import type { Constraint } from './rank.ts'
import type { DerivedRead, Reads, RecordRead, RetrievedRead, ShapeRead } from './read.ts'
import { dependsOnCandidate } from './reading.ts'
import { isId } from './request.ts'
import type { BoundScorer } from './stage.ts'
import type { UseCase } from './use-case.ts'

/** The most candidates a use case may rank; CONTRACT §2 takes no more from a caller either. */
export const MAX_POOL = 500

/** The source name of candidates that the engine adds where the sources fall short of the page. */
export const CATALOGUE = 'catalogue'

/** The source name of candidates that a constraint asks for. */
export const WANTED = 'pinned'

/** A use case checked and with everything derived that does not depend on a request. */
export interface Plan {
  readonly useCase: UseCase
  /** Sources by index, the engine's own last. */
  readonly sourceNames: readonly string[]
  readonly catalogueSource: number
  readonly wantedSource: number
  readonly capacity: number
  /** Ranks what the caller brings. */
  readonly takesCandidates: boolean
  /** Fields needed of each keyed record, by alias. */
  readonly keyed: ReadonlyMap<
    string,
    { readonly entity: Entity; readonly fields: ReadonlySet<string> }
  >
  /** Paged entities whose pages a decision needs, the candidates' first. */
  readonly paged: readonly Entity[]
  /** The scorer with prior weights. */
  readonly prior: BoundScorer
  /** Changes when the chain does. */
  readonly fingerprint: string
}

function refuse(useCase: UseCase, message: string): never {
  throw new EdgewheelError('invalid_definition', `use case ${useCase.id}: ${message}`)
}

function unique(useCase: UseCase, kind: string, names: readonly string[]): void {
  const twice = names.find((name, i) => names.indexOf(name) !== i)
  if (twice !== undefined) refuse(useCase, `two ${kind} are named '${twice}'`)
}

/** Every read that reads mention, through derived values too. */
function eachRead(reads: Reads, visit: (alias: string, read: Reads[string]) => void): void {
  for (const [alias, read] of Object.entries(reads)) {
    visit(alias, read)
    if (read.read === 'derived') eachRead((read as DerivedRead<unknown>).reads, visit)
  }
}

/** The scorer with prior weights; what they and the chain disagree about is told as a contradiction. */
function priorOf(useCase: UseCase): BoundScorer {
  let prior: BoundScorer
  try {
    prior = useCase.score.bind(useCase.featurize, useCase.objective, null)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new EdgewheelError(
      'invalid_definition',
      `use case ${useCase.id}: prior weights of ${useCase.score.name}: ${reason}`,
      { cause },
    )
  }
  const worthless = prior.heads.find((head) => !Object.hasOwn(useCase.objective, head))
  if (prior.heads.length > 1 && worthless !== undefined)
    refuse(useCase, `score has a head '${worthless}', which objective gives no weight`)
  return prior
}

/** Checks a use case and merges its reads. Throws `invalid_definition` at the first contradiction. */
export function planOf(useCase: UseCase): Plan {
  if (!/^[a-z][a-z0-9-]{0,63}$/.test(useCase.id)) refuse(useCase, 'the id is kebab-case')
  if (!useCase.owner) refuse(useCase, 'name its owner')
  if (useCase.candidates.layout !== 'paged')
    refuse(useCase, `candidates are of a paged entity; ${useCase.candidates.name} is keyed`)
  if (useCase.generate.length === 0) refuse(useCase, 'generate has no source')
  unique(
    useCase,
    'sources',
    useCase.generate.map((source) => source.name),
  )
  unique(
    useCase,
    'filters',
    useCase.filter.map((filter) => filter.name),
  )
  unique(
    useCase,
    'features',
    useCase.featurize.map((feature) => feature.name),
  )
  unique(
    useCase,
    'constraints',
    useCase.constraints.map((constraint) => constraint.name),
  )
  const own = useCase.generate.find(({ name }) => name === CATALOGUE || name === WANTED)
  if (own) refuse(useCase, `source '${own.name}' has a name that the engine's own source uses`)
  if (!(useCase.budgetMs > 0)) refuse(useCase, `budgetMs is above 0, not ${useCase.budgetMs}`)
  if (!(useCase.coldBudgetMs >= 0))
    refuse(useCase, `coldBudgetMs is at least 0, not ${useCase.coldBudgetMs}`)
  for (const id of useCase.fallback)
    if (!isId(id)) refuse(useCase, `fallback has '${id}', which cannot be an id`)
  for (const [outcome, weight] of Object.entries(useCase.objective))
    if (!Number.isFinite(weight)) refuse(useCase, `objective weighs '${outcome}' with ${weight}`)
  const takesCandidates = useCase.generate.some((source) => source.name === 'requested')
  const sourceNames = [...useCase.generate.map((source) => source.name), CATALOGUE, WANTED]
  if (sourceNames.length > 32) refuse(useCase, 'at most 30 sources')
  const keyed = new Map<string, { entity: Entity; fields: Set<string> }>()
  const paged = new Map<string, Entity>([[useCase.candidates.name, useCase.candidates]])
  for (const [alias, binding] of Object.entries(useCase.context)) {
    if (alias === useCase.candidates.name)
      refuse(useCase, `context binds '${alias}', under which stages read the candidate`)
    if (binding.entity.layout === 'keyed')
      keyed.set(alias, { entity: binding.entity, fields: new Set() })
    else paged.set(binding.entity.name, binding.entity)
  }
  const derived = new Map<string, DerivedRead<unknown>>()
  const check = (stage: string, reads: Reads, rowless: boolean): void =>
    eachRead(reads, (alias, read) => {
      if (read.read === 'derived') checkDerived(stage, read as DerivedRead<unknown>)
      if (read.read === 'context')
        for (const name of Object.keys((read as ShapeRead<unknown>).shape))
          if (!Object.hasOwn(useCase.request.shape, name))
            refuse(useCase, `${stage} reads context.${name}, which request does not declare`)
      if (read.read === 'retrieved' && !sourceNames.includes((read as RetrievedRead).source))
        refuse(
          useCase,
          `${stage} reads source '${(read as RetrievedRead).source}', which generate has not`,
        )
      if (rowless && (read.read === 'retrieved' || read.read === 'given'))
        refuse(
          useCase,
          `${stage} cannot read '${alias}': it runs before candidates are in the pool`,
        )
      if (read.read !== 'record') return
      const { entity, fields } = read as RecordRead
      const bound =
        alias === useCase.candidates.name ? useCase.candidates : useCase.context[alias]?.entity
      if (!bound)
        refuse(
          useCase,
          `${stage} reads '${alias}', which is neither the candidate nor bound in context`,
        )
      if (bound.name !== entity)
        refuse(useCase, `${stage} reads '${alias}' as ${entity}, but it is bound to ${bound.name}`)
      for (const field of fields) {
        if (!bound.fields.has(field))
          refuse(useCase, `${stage} reads '${alias}.${field}', which entity ${entity} has not`)
        keyed.get(alias)?.fields.add(field)
      }
    })
  const checkDerived = (stage: string, read: DerivedRead<unknown>): void => {
    if ((derived.get(read.name) ?? read) !== read)
      refuse(useCase, `${stage} reads '${read.name}', and two derived values have that name`)
    derived.set(read.name, read)
    if (dependsOnCandidate(read.reads, useCase.candidates.name))
      refuse(
        useCase,
        `derived value '${read.name}' reads the candidate, but is computed once for all`,
      )
  }
  for (const source of useCase.generate) {
    check(`source ${source.name}`, source.reads, true)
    if (dependsOnCandidate(source.reads, useCase.candidates.name))
      refuse(useCase, `source ${source.name} reads the candidate, but there is none yet`)
  }
  for (const filter of useCase.filter) check(`filter ${filter.name}`, filter.reads, true)
  for (const feature of useCase.featurize) {
    check(`feature ${feature.name}`, feature.reads, false)
    if (feature.column && feature.column.entity !== useCase.candidates.name)
      refuse(
        useCase,
        `feature ${feature.name} is a column of ${feature.column.entity}, not of the candidates`,
      )
  }
  for (const constraint of useCase.constraints)
    check(`constraint ${constraint.name}`, constraint.reads, false)
  if (Object.keys(useCase.objective).length === 0) refuse(useCase, 'objective has no outcome')
  const capacity = Math.min(
    MAX_POOL,
    useCase.generate.reduce((sum, source) => sum + source.limit, 0) + 100,
  )
  return {
    useCase,
    sourceNames,
    catalogueSource: sourceNames.indexOf(CATALOGUE),
    wantedSource: sourceNames.indexOf(WANTED),
    capacity,
    takesCandidates,
    keyed,
    paged: [...paged.values()],
    prior: priorOf(useCase),
    fingerprint: fingerprint(chainOf(useCase)),
  }
}

/** The chain as data: what `GET /v1/use-cases/{id}` shows and the plan's fingerprint covers. */
export function chainOf(useCase: UseCase) {
  return {
    id: useCase.id,
    owner: useCase.owner,
    about: useCase.about,
    candidates: useCase.candidates.name,
    context: Object.fromEntries(
      Object.entries(useCase.context).map(([alias, binding]) => [alias, binding.entity.name]),
    ),
    generate: useCase.generate.map(({ name, limit, timeoutMs }) => ({ name, limit, timeoutMs })),
    filter: useCase.filter.map(({ name, onMissing }) => ({ name, onMissing })),
    featurize: useCase.featurize.map(({ name, kind, hash, fallback }) => ({
      name,
      kind,
      hash,
      fallback,
    })),
    score: { name: useCase.score.name },
    rank: { name: useCase.rank.name, ...useCase.rank.options },
    constraints: useCase.constraints.map(({ name, options }: Constraint) => ({ name, ...options })),
    objective: useCase.objective,
    exposure: useCase.exposure,
    budgetMs: useCase.budgetMs,
    coldBudgetMs: useCase.coldBudgetMs,
  }
}
