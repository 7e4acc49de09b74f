import * as z from 'zod'
import { idSchema } from './ids.ts'

const fieldValue = z.union([
  z.number(),
  z.boolean(),
  z.string(),
  z.array(z.number()),
  z.array(z.string()),
  z.null(),
])
const epochMs = z.number().describe('epoch ms')

/** Every error: RFC 9457. */
export const problemSchema = z.looseObject({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  instance: z.string(),
  code: z.string(),
  errors: z.array(z.strictObject({ path: z.string(), message: z.string() })).optional(),
})

const contribution = z.strictObject({
  feature: z.string(),
  value: z.union([z.number(), z.array(z.string())]),
  status: z.enum(['present', 'null', 'missing', 'stale', 'defaulted']),
  input: z
    .union([z.number(), z.string()])
    .describe('what the transform of the term made of the value'),
  weight: z.number(),
  contribution: z.number(),
})

const head = {
  raw: z.number().describe('bias + contributions, summed in the order listed'),
  bias: z.number(),
  link: z.enum(['identity', 'logit']),
  contributions: z.array(contribution),
}

/** How a score came about. */
export const explanationSchema = z
  .union([
    z.strictObject(head),
    z.strictObject({
      heads: z.record(z.string(), z.strictObject({ ...head, value: z.number() })),
    }),
    z.null(),
  ])
  .describe('one head, several heads, or null for a fallback item')

/** The answer to a decision. */
export const decisionSchema = z.strictObject({
  decisionId: z.uuidv7(),
  receipt: z.string().nullable().describe('null for previews'),
  useCase: z.string(),
  items: z.array(
    z.strictObject({
      id: idSchema,
      position: z.int().min(1),
      score: z.number().nullable().describe('of the model, before exploration; null for fallbacks'),
      propensity: z.number().min(0).max(1).describe('given the items above it'),
      sources: z.array(z.string()),
      fields: z.record(z.string(), fieldValue).optional(),
      explanation: explanationSchema.optional(),
    }),
  ),
  model: z.string().nullable(),
  variant: z.string(),
  degraded: z.array(z.string()),
})

/** The answer to a batch, in the order of its requests. */
export const decisionsSchema = z.strictObject({ decisions: z.array(decisionSchema) })

/** What became of a PUT. */
export const putSchema = z.strictObject({
  accepted: z.int(),
  rejected: z.array(
    z.strictObject({
      index: z.int(),
      id: z.string().nullable(),
      code: z.enum(['invalid_record', 'invalid_id', 'invalid_time', 'invalid_value', 'too_large']),
      path: z.string(),
      message: z.string(),
    }),
  ),
  ignored: z.array(z.string()).describe('names that the entity does not know'),
})

/** A record from its owner. */
export const recordSchema = z.strictObject({
  id: idSchema,
  fields: z.record(
    z.string(),
    z.strictObject({
      value: fieldValue,
      status: z.enum(['present', 'null', 'missing', 'stale', 'defaulted']),
      updatedAt: epochMs,
    }),
  ),
  publishedAt: epochMs.nullable(),
})

/** The versions of a use case's model. */
export const modelsSchema = z.strictObject({
  current: z.int().nullable(),
  versions: z.array(
    z.strictObject({
      version: z.int(),
      createdAt: epochMs,
      status: z.enum(['stored', 'published', 'retired']),
      report: z.unknown(),
    }),
  ),
})

/** A stored artifact. */
export const uploadedSchema = z.strictObject({
  useCase: z.string(),
  version: z.int(),
  status: z.literal('stored'),
})

/** Where the pointer stands now. */
export const publishedSchema = z.strictObject({ useCase: z.string(), current: z.int() })

/** A model artifact; see `Artifact` of the registry for what its terms mean. */
export const artifactSchema = z.looseObject({
  format: z.literal('edgewheel/linear@1'),
  heads: z.array(
    z.looseObject({
      outcome: z.string(),
      link: z.enum(['identity', 'logit']),
      bias: z.number(),
      terms: z.array(z.looseObject({})),
    }),
  ),
})

const stage = z.looseObject({ name: z.string() })

/** A chain as data. */
export const useCaseSchema = z.looseObject({
  id: z.string(),
  owner: z.string(),
  about: z.string(),
  candidates: z.string(),
  context: z.record(z.string(), z.string()),
  generate: z.array(stage),
  filter: z.array(stage),
  featurize: z.array(stage),
  score: stage,
  rank: stage,
  constraints: z.array(stage),
  objective: z.record(z.string(), z.number()),
  features: z.array(
    z.strictObject({ name: z.string(), kind: z.enum(['number', 'category']), hash: z.string() }),
  ),
  entities: z.array(z.looseObject({ name: z.string(), owner: z.string() })),
  outcomes: z.array(z.strictObject({ name: z.string(), type: z.string(), withinMs: z.number() })),
  model: z.string().nullable(),
  variants: z.array(z.looseObject({ id: z.string() })),
})

/** All chains. */
export const useCasesSchema = z.strictObject({
  useCases: z.array(useCaseSchema),
  events: z
    .array(
      z.strictObject({
        name: z.string(),
        owner: z.string(),
        about: z.string(),
        once: z.boolean(),
        many: z.literal('items').nullable(),
        item: z.string().nullable(),
        user: z.string().nullable(),
        takesValue: z.boolean(),
      }),
    )
    .describe('the event types that `POST /v1/events` takes'),
})

/** Pseudonyms in the order asked for. */
export const pseudonymsSchema = z.strictObject({
  pseudonyms: z.array(z.strictObject({ id: idSchema, pseudonym: z.string() })),
})

/** Where an import stands. */
export const importSchema = z.strictObject({
  entity: z.string(),
  state: z.enum(['none', 'running', 'done']),
  at: epochMs,
})

/** The Worker's state in a word. */
export const healthSchema = z.strictObject({ status: z.enum(['live', 'ready']) })
