import * as z from 'zod'

/** A list of finite numbers; one check for the list, because hashed terms hold hundreds of thousands. */
function numbers(isNumber: (value: number) => boolean, what: string) {
  return z
    .custom<readonly number[]>(Array.isArray, 'expected a list')
    .superRefine((list, context) => {
      const wrong = list.findIndex((value) => typeof value !== 'number' || !isNumber(value))
      if (wrong >= 0)
        context.addIssue({ code: 'custom', path: [wrong], message: `expected ${what}` })
    })
}

const name = z.string().min(1).max(128)
const weights = numbers(Number.isFinite, 'a finite number')

const numberTransform = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.enum(['identity', 'log1p', 'missing']) }),
  z.strictObject({
    kind: z.literal('standardize'),
    mean: z.number(),
    std: z.number().positive(),
  }),
])

const bucketize = z.strictObject({ kind: z.literal('bucketize'), bounds: weights })
const onehot = z.strictObject({
  kind: z.literal('onehot'),
  values: z.array(z.string()).min(1).max(100_000),
})
const hash = z.strictObject({
  kind: z.literal('hash'),
  seed: z.int().min(0).max(0xffffffff),
  buckets: z
    .int()
    .min(1)
    .max(2 ** 24),
})

const weighted = z.strictObject({
  feature: name,
  transform: numberTransform.optional(),
  weight: z.number(),
})
const listed = z.strictObject({
  feature: name,
  transform: z.discriminatedUnion('kind', [bucketize, onehot]),
  weights,
})
const hashed = z.strictObject({
  features: z.array(name).min(1).max(4),
  transform: hash,
  indices: numbers((index) => Number.isInteger(index) && index >= 0, 'a whole number from 0'),
  weights,
})

const term = z.unknown().transform((value, context) => {
  const shape = shapeOf(value)
  const parsed = shape.safeParse(value)
  if (parsed.success) return parsed.data
  for (const { path, message } of parsed.error.issues)
    context.addIssue({ code: 'custom', path, message })
  return z.NEVER
})

/** The shape a term claims to have, so that what is wrong with it is said in that shape's words. */
function shapeOf(value: unknown) {
  if (typeof value !== 'object' || value === null) return weighted
  if ('features' in value) return hashed
  return 'weights' in value ? listed : weighted
}

const MAX_TERMS = 4_096

/** The shape of a model artifact (`edgewheel/linear@1`); what it means for a chain is checked after it. */
export const artifactSchema = z.strictObject({
  format: z.literal('edgewheel/linear@1'),
  useCase: z.string(),
  features: z.record(z.string(), z.string()).optional(),
  objective: z.record(z.string(), z.number()).optional(),
  heads: z
    .array(
      z.strictObject({
        outcome: name,
        link: z.enum(['identity', 'logit']),
        bias: z.number(),
        terms: z.array(term).max(MAX_TERMS),
      }),
    )
    .min(1)
    .max(16),
  trainedOn: z.record(z.string(), z.unknown()).optional(),
  metrics: z.record(z.string(), z.unknown()).optional(),
})

export type ArtifactShape = z.output<typeof artifactSchema>
export type TermShape = ArtifactShape['heads'][number]['terms'][number]
