import * as z from 'zod'
import type { Plan } from '../core/plan.ts'
import { isId } from '../core/request.ts'
import type { FilterExpression } from '../core/request-filter.ts'
import {
  type Fail,
  freeObject,
  ID_EXPECTED,
  ID_JSON_SCHEMA,
  idListSchema,
  idSchema,
  isObject,
  listSchema,
} from './ids.ts'
import { TIME_EXPECTED, TIME_JSON_SCHEMA, timeMs } from './times.ts'

/** The caps of a decision (422 above them); those of the filter are `FILTER_CAPS`. */
export const DECIDE_CAPS = {
  candidates: 500,
  exclude: 1_000,
  limit: 100,
  recent: 50,
  requests: 8,
} as const

/** A candidate as the client writes it. */
export type WrittenCandidate =
  | string
  | { readonly id: string; readonly fields?: Readonly<Record<string, unknown>> }

/** An entry of `context.recent` as the client writes it. */
export interface WrittenInteraction {
  readonly type: string
  readonly item: string
  readonly at: number | string
  readonly value?: number
}

function knownKeys(
  entry: Readonly<Record<string, unknown>>,
  known: readonly string[],
  at: number,
  fail: Fail,
): void {
  // `in` makes no list of the keys; parsed JSON has none but its own.
  for (const key in entry) if (!known.includes(key)) fail([at, key], 'unknown key')
}

const CANDIDATE_KEYS = ['id', 'fields']

const candidates = listSchema<WrittenCandidate>(
  (entry, at, fail) => {
    if (typeof entry === 'string') {
      if (!isId(entry)) fail([at], ID_EXPECTED)
    } else if (!isObject(entry)) fail([at], 'expected an id, or an object with an id')
    else {
      if (!isId(entry.id)) fail([at, 'id'], ID_EXPECTED)
      if (entry.fields !== undefined && !isObject(entry.fields))
        fail([at, 'fields'], 'expected an object')
      knownKeys(entry, CANDIDATE_KEYS, at, fail)
    }
  },
  {
    anyOf: [
      ID_JSON_SCHEMA,
      {
        type: 'object',
        properties: {
          id: ID_JSON_SCHEMA,
          fields: { type: 'object', additionalProperties: true },
        },
        required: ['id'],
        additionalProperties: false,
      },
    ],
  },
  DECIDE_CAPS.candidates,
)

const RECENT_KEYS = ['type', 'item', 'at', 'value']

const recent = listSchema<WrittenInteraction>(
  (entry, at, fail) => {
    if (!isObject(entry)) return fail([at], 'expected an object')
    const { type, item, at: time, value } = entry
    if (typeof type !== 'string' || type === '' || type.length > 64)
      fail([at, 'type'], 'expected the type of an event')
    if (!isId(item)) fail([at, 'item'], ID_EXPECTED)
    if (timeMs(time) === null) fail([at, 'at'], TIME_EXPECTED)
    if (value !== undefined && !Number.isFinite(value)) fail([at, 'value'], 'expected a number')
    knownKeys(entry, RECENT_KEYS, at, fail)
  },
  {
    type: 'object',
    properties: {
      type: { type: 'string', minLength: 1, maxLength: 64 },
      item: ID_JSON_SCHEMA,
      at: TIME_JSON_SCHEMA,
      value: { type: 'number' },
    },
    required: ['type', 'item', 'at'],
    additionalProperties: false,
  },
  DECIDE_CAPS.recent,
)

/** `limit` is whole and at least 1 by its schema; more than the cap is a matter for 422. */
const limit = z
  .unknown()
  .check(({ value, issues }) => {
    if (!Number.isInteger(value) || (value as number) < 1)
      issues.push({
        code: 'custom',
        message: `expected a whole number from 1 to ${DECIDE_CAPS.limit}`,
        input: value,
        path: [],
      })
  })
  .meta({
    type: 'integer',
    minimum: 1,
    maximum: DECIDE_CAPS.limit,
    description: 'Number of slots; default 10, or all candidates where the use case takes them.',
  }) as unknown as z.ZodType<number>

const names = listSchema<string>(
  (entry, at, fail) => {
    if (typeof entry !== 'string') fail([at], 'expected the name of a field')
  },
  { type: 'string' },
)

/** Checked by `parseFilter`, which walks without recursion; described by the recursive schema of the document. */
const filter = z
  .unknown()
  .meta({ $ref: '#/components/schemas/Filter' }) as unknown as z.ZodType<FilterExpression>

const shape = {
  user: z
    .strictObject({
      id: idSchema.optional(),
      attributes: freeObject
        .optional()
        .describe('Override the record for this decision; not stored. Unknown ones are ignored.'),
      token: z.string().max(512).optional(),
    })
    .optional(),
  candidates: candidates.optional(),
  limit: limit.optional(),
  exclude: idListSchema(DECIDE_CAPS.exclude).optional(),
  return: names.optional(),
  explain: z.boolean().optional(),
  consent: z
    .strictObject({ personalize: z.boolean().optional(), train: z.boolean().optional() })
    .optional(),
  filter: filter.optional(),
  preview: z.boolean().optional(),
}

const anyContext = z.looseObject({ recent: recent.optional() }).optional()

/** The body of a decision whatever the use case; what the document shows. */
export const decideBody = z.strictObject({ ...shape, context: anyContext })

/** One shelf of a batch, whatever its use case. */
export const batchedBody = z.strictObject({ useCase: z.string(), ...shape, context: anyContext })

/** The body of a batch. */
export const batchBody = z.strictObject({
  requests: z.array(batchedBody).min(1).meta({ maxItems: DECIDE_CAPS.requests }),
  distinct: z.boolean().optional().describe('No item twice over all shelves.'),
})

/** A batch before its requests are looked at, each by the schema of its use case. */
export const batchEnvelope = z.strictObject({
  requests: z.array(freeObject).min(1),
  distinct: z.boolean().optional(),
})

/** The body of a decision of one use case: its declared context instead of any. */
export function decideBodyOf(plan: Plan) {
  const context = plan.useCase.request.extend({ recent: recent.optional() })
  return z.strictObject({
    ...shape,
    context: context.prefault({}) as unknown as z.ZodType<
      Readonly<Record<string, unknown>> & { readonly recent?: readonly WrittenInteraction[] }
    >,
  })
}

/** A checked body of one use case. */
export type DecideBody = z.output<ReturnType<typeof decideBodyOf>>
