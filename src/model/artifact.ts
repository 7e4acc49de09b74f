import type { LinearModel } from '../core/linear-model.ts'
import type { UseCase } from '../core/use-case.ts'
import { type ArtifactShape, artifactSchema, type TermShape } from './artifact-schema.ts'

/** What an artifact says beside its weights. */
export interface ArtifactMeta {
  readonly useCase: string
  /** Definition hashes of the features that its terms use. */
  readonly features: Readonly<Record<string, string>>
  readonly trainedOn: Readonly<Record<string, unknown>> | undefined
  readonly metrics: Readonly<Record<string, unknown>> | undefined
}

/** One reason why an artifact is refused; `path` as in `heads[0].terms[2].weight`, '' for the whole. */
export interface Rejection {
  readonly path: string
  readonly message: string
}

/** A model that fits the chain, or every reason why it does not. */
export type ParsedArtifact =
  | { readonly model: LinearModel; readonly meta: ArtifactMeta }
  | { readonly rejected: readonly Rejection[] }

/** The part of a use case that an artifact must fit. */
export type Chain = Pick<UseCase, 'id' | 'featurize' | 'objective'>

/** The largest artifact, bytes of JSON. */
export const MAX_ARTIFACT_BYTES = 4 * 2 ** 20

const REJECTIONS_KEPT = 20

/**
 * Reads a model artifact and checks it against the chain that is to serve it. `input` is its JSON text, at
 * most 4 MB, or the parsed value, whose size is the caller's business. Where `features` is left out, the
 * chain's current hashes stand in. Never throws.
 */
export function parseArtifact(input: unknown, chain: Chain): ParsedArtifact {
  let value = input
  if (typeof input === 'string') {
    if (bytesOf(input) > MAX_ARTIFACT_BYTES) return refused('', 'is larger than 4 MB')
    try {
      value = JSON.parse(input)
    } catch {
      return refused('', 'is not JSON')
    }
  }
  const parsed = artifactSchema.safeParse(value)
  if (!parsed.success)
    return {
      rejected: parsed.error.issues
        .slice(0, REJECTIONS_KEPT)
        .map(({ path, message }) => ({ path: pathText(path), message })),
    }
  const artifact = parsed.data
  const rejected = rejectionsOf(artifact, chain)
  if (rejected.length > 0) return { rejected }
  const used = new Set(artifact.heads.flatMap(({ terms }) => terms.flatMap(featuresOf)))
  const model = {
    heads: artifact.heads as LinearModel['heads'],
    objective: artifact.objective ?? chain.objective,
  }
  const { useCase, trainedOn, metrics } = artifact
  const features = Object.fromEntries(
    chain.featurize.filter(({ name }) => used.has(name)).map(({ name, hash }) => [name, hash]),
  )
  return { model, meta: { useCase, features, trainedOn, metrics } }
}

/** The JSON text of an artifact, complete with its features' hashes. */
export function artifactText(model: LinearModel, meta: ArtifactMeta): string {
  const { useCase, features, trainedOn, metrics } = meta
  const { objective, heads } = model
  const format = 'edgewheel/linear@1'
  return JSON.stringify({ format, useCase, features, objective, heads, trainedOn, metrics })
}

/** The reasons in one line, for a trace or a log. */
export function rejectionText(rejected: readonly Rejection[]): string {
  return rejected.map(({ path, message }) => (path ? `${path}: ${message}` : message)).join('; ')
}

function refused(path: string, message: string): ParsedArtifact {
  return { rejected: [{ path, message }] }
}

function bytesOf(text: string): number {
  return text.length > MAX_ARTIFACT_BYTES ? text.length : new TextEncoder().encode(text).length
}

function pathText(path: readonly PropertyKey[]): string {
  return path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
    .join('')
    .replace(/^\./, '')
}

function featuresOf(term: TermShape): readonly string[] {
  return 'features' in term ? term.features : [term.feature]
}

function rejectionsOf(artifact: ArtifactShape, chain: Chain): Rejection[] {
  const rejected: Rejection[] = []
  const refuse: Refuse = (path, message) => {
    if (rejected.length < REJECTIONS_KEPT) rejected.push({ path, message })
  }
  if (artifact.useCase !== chain.id)
    refuse('useCase', `is '${artifact.useCase.slice(0, 64)}', not '${chain.id}'`)
  const { objective, heads } = artifact
  for (const outcome of Object.keys(objective ?? {}))
    if (!Object.hasOwn(chain.objective, outcome))
      refuse(`objective.${outcome}`, 'is no outcome of the use case')
  const weights = objective ?? chain.objective
  heads.forEach(({ outcome, terms }, i) => {
    const path = `heads[${i}]`
    if (heads.findIndex((head) => head.outcome === outcome) < i)
      refuse(`${path}.outcome`, `a second head for '${outcome}'`)
    if (!Object.hasOwn(chain.objective, outcome))
      refuse(`${path}.outcome`, `'${outcome}' is no outcome of the use case`)
    else if (heads.length > 1 && !Object.hasOwn(weights, outcome))
      refuse(`${path}.outcome`, `objective has no weight for '${outcome}'`)
    else if (heads.length === 1 && weights[outcome] < 0)
      refuse(`${path}.outcome`, 'a single head is ranked by its value; this one counts against')
    terms.forEach((term, j) => {
      checkTerm(term, `${path}.terms[${j}]`, artifact, chain, refuse)
    })
  })
  return rejected
}

type Refuse = (path: string, message: string) => void

function checkTerm(
  term: TermShape,
  path: string,
  artifact: ArtifactShape,
  chain: Chain,
  refuse: Refuse,
): void {
  const names = featuresOf(term)
  for (const [i, name] of names.entries()) {
    const at = 'features' in term ? `${path}.features[${i}]` : `${path}.feature`
    const feature = chain.featurize.find((one) => one.name === name)
    if (!feature) {
      refuse(at, `the chain has no feature '${name}'`)
      continue
    }
    if (names.indexOf(name) < i) refuse(at, `'${name}' stands here twice`)
    if (artifact.features && !Object.hasOwn(artifact.features, name))
      refuse(at, `features has no hash for '${name}'`)
    else if (artifact.features && artifact.features[name] !== feature.hash)
      refuse(
        `features.${name}`,
        `'${name}' is defined differently now (${feature.hash}, not ${artifact.features[name].slice(0, 64)})`,
      )
    if (feature.kind === 'category' && !takesCategories(term))
      refuse(at, `'${name}' is a category; ${term.transform?.kind ?? 'a weight'} takes a number`)
  }
  if ('features' in term) checkHashed(term, path, refuse)
  else if ('weights' in term) checkListed(term, path, refuse)
}

function takesCategories(term: TermShape): boolean {
  return term.transform?.kind === 'onehot' || term.transform?.kind === 'hash'
}

function checkHashed(
  { transform, indices, weights }: Extract<TermShape, { indices: unknown }>,
  path: string,
  refuse: Refuse,
): void {
  if (indices.length !== weights.length)
    refuse(`${path}.weights`, `${weights.length} weights for ${indices.length} indices`)
  const high = indices.findIndex((index) => index >= transform.buckets)
  if (high >= 0)
    refuse(`${path}.indices[${high}]`, `${indices[high]} of ${transform.buckets} buckets`)
  if (new Set(indices).size !== indices.length)
    refuse(`${path}.indices`, 'an index stands here twice')
}

function checkListed(
  { transform, weights }: Exclude<Extract<TermShape, { weights: unknown }>, { indices: unknown }>,
  path: string,
  refuse: Refuse,
): void {
  if (transform.kind === 'onehot') {
    const { values } = transform
    if (values.length !== weights.length)
      refuse(`${path}.weights`, `${weights.length} weights for ${values.length} values`)
    if (new Set(values).size !== values.length)
      refuse(`${path}.transform.values`, 'a value stands here twice')
    return
  }
  const { bounds } = transform
  if (weights.length !== bounds.length + 1)
    refuse(`${path}.weights`, `${weights.length} weights for ${bounds.length + 1} buckets`)
  const low = bounds.findIndex((bound, i) => i > 0 && bound <= bounds[i - 1])
  if (low >= 0) refuse(`${path}.transform.bounds[${low}]`, 'bounds must ascend')
}
