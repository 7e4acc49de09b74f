import type { Entity } from './entity.ts'
import { EdgewheelError } from './errors.ts'
import { fingerprint } from './fingerprint.ts'
import type { Constraint } from './rank.ts'
import type { DerivedRead, Reads, RecordRead, RetrievedRead } from './read.ts'
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

/** Every record and source that reads mention, through derived values too. */
function eachRead(reads: Reads, visit: (alias: string, read: Reads[string]) => void): void {
  for (const [alias, read] of Object.entries(reads)) {
    visit(alias, read)
    if (read.read === 'derived') eachRead((read as DerivedRead<unknown>).reads, visit)
  }
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
  const takesCandidates = useCase.generate.some((source) => source.name === 'requested')
  const sourceNames = [...useCase.generate.map((source) => source.name), CATALOGUE, WANTED]
  if (sourceNames.length > 32) refuse(useCase, 'at most 30 sources')
  const keyed = new Map<string, { entity: Entity; fields: Set<string> }>()
  const paged = new Map<string, Entity>([[useCase.candidates.name, useCase.candidates]])
  for (const [alias, binding] of Object.entries(useCase.context)) {
    if (binding.entity.layout === 'keyed')
      keyed.set(alias, { entity: binding.entity, fields: new Set() })
    else paged.set(binding.entity.name, binding.entity)
  }
  const check = (stage: string, reads: Reads, rowless: boolean): void =>
    eachRead(reads, (alias, read) => {
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
      for (const field of fields) keyed.get(alias)?.fields.add(field)
    })
  for (const source of useCase.generate) check(`source ${source.name}`, source.reads, true)
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
    prior: useCase.score.bind(useCase.featurize, useCase.objective, null),
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
