import * as z from 'zod'

const scalar = z.union([z.string(), z.number(), z.boolean()])
const bound = z.union([z.string(), z.number()])

const clause = z.strictObject({
  field: z.string(),
  eq: scalar.optional(),
  ne: scalar.optional(),
  in: z.array(scalar).meta({ maxItems: 256 }).optional(),
  gt: bound.optional(),
  gte: bound.optional(),
  lt: bound.optional(),
  lte: bound.optional(),
  exists: z.boolean().optional(),
})

const OPERATORS = ['eq', 'ne', 'in', 'gt', 'gte', 'lt', 'lte', 'exists'] as const

/** One test of one field. At least one operator; several must all hold. */
export const filterClause = clause
  .refine((one) => OPERATORS.some((operator) => one[operator] !== undefined), {
    message: 'expected an operator',
  })
  .meta({
    description:
      'One test of one field; several operators must all hold. On a list field eq means contains and in intersects; a missing value matches nothing but exists: false.',
    minProperties: 2,
  })

/** A filter as JSON, whatever the entity. */
export type WrittenFilter =
  | z.output<typeof clause>
  | { readonly all: readonly WrittenFilter[] }
  | { readonly any: readonly WrittenFilter[] }
  | { readonly not: WrittenFilter }

/**
 * What the document says of filters. Requests are checked by `parseFilter`, which also knows the fields
 * and cannot be exhausted by depth; a test holds the two together.
 */
export const filterSchema: z.ZodType<WrittenFilter> = z.lazy(() =>
  z.union([
    filterClause,
    z.strictObject({ all: z.array(filterSchema) }),
    z.strictObject({ any: z.array(filterSchema) }),
    z.strictObject({ not: filterSchema }),
  ]),
)
