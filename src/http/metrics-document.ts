import * as z from 'zod'
import { METRIC_AXES } from '../wheel/metric-groups.ts'
import type { NamedSchemas, Operation } from './api-operations.ts'
import { TIME_JSON_SCHEMA } from './times.ts'

const epochMs = z.number().describe('epoch ms')
const count = z.int()

const line = {
  decisions: count.describe('at a position: decisions that served something there'),
  served: count.describe('items on the pages'),
  impressions: count,
  outcomes: z.record(z.string(), count).describe('by name; what was taken back does not count'),
  rates: z
    .record(
      z.string(),
      z
        .strictObject({
          rate: z.number(),
          low: z.number().nullable(),
          high: z.number().nullable(),
        })
        .nullable(),
    )
    .describe(
      'outcomes of what was exposed, with 95 % Wilson intervals; null without exposures, without interval where there are more outcomes than exposures',
    ),
}

const metrics = z.strictObject({
  useCase: z.string(),
  from: epochMs,
  to: epochMs,
  by: z.enum(METRIC_AXES).nullable(),
  source: z.enum(['counters', 'lake']),
  exposure: z.enum(['impression', 'served']).describe('what rates are of'),
  keptFrom: epochMs.describe('decisions before are no longer counted by hour'),
  total: z.strictObject(line),
  groups: z.array(
    z.strictObject({
      key: z
        .union([z.string(), z.number()])
        .nullable()
        .describe(
          'variant; model, null for prior weights; position, null where nobody said; start of the hour; `other`: what there was no room for',
        ),
      ...line,
    }),
  ),
})

/** The schemas of answers. */
export const metricAnswers: NamedSchemas = { Metrics: metrics }

/** The metrics in the words of the document. */
export const metricOperations: readonly Operation[] = [
  {
    method: 'GET',
    path: '/v1/metrics/{useCase}',
    access: 'secret',
    id: 'getMetrics',
    summary: 'Decisions, impressions, outcomes and rates, by the hour of the decision',
    tag: 'metrics',
    query: {
      from: { ...TIME_JSON_SCHEMA, description: 'default: 24 hours before `to`; whole hours' },
      to: { ...TIME_JSON_SCHEMA, description: 'exclusive; default: the end of this hour' },
      by: { type: 'string', enum: [...METRIC_AXES] },
      source: {
        type: 'string',
        enum: ['counters', 'lake'],
        description: '`lake`: a recount from its parts, at most 500',
      },
    },
    answers: {
      200: {
        schema: 'Metrics',
        example: {
          useCase: 'movies-home',
          from: 1789963200000,
          to: 1790049600000,
          by: 'variant',
          source: 'counters',
          exposure: 'impression',
          keptFrom: 1782021600000,
          total: {
            decisions: 100,
            served: 1000,
            impressions: 400,
            outcomes: { click: 40 },
            rates: { click: { rate: 0.1, low: 0.0744, high: 0.1332 } },
          },
          groups: [
            {
              key: 'control',
              decisions: 100,
              served: 1000,
              impressions: 400,
              outcomes: { click: 40 },
              rates: { click: { rate: 0.1, low: 0.0744, high: 0.1332 } },
            },
          ],
        },
      },
    },
    errors: [400, 401, 403, 404, 405, 422],
  },
  {
    method: 'GET',
    path: '/metrics',
    access: 'secret',
    id: 'openMetrics',
    summary:
      'The same since ever, as OpenMetrics: of each use case the last 32 variants and models',
    tag: 'metrics',
    answers: { 200: { media: 'application/openmetrics-text' } },
    errors: [401, 403, 405],
  },
]
