import * as z from 'zod'
import type { EventType } from '../core/event.ts'
import * as answers from './answer-schemas.ts'
import { type NamedSchemas, OPERATIONS, type Operation } from './api-operations.ts'
import { batchBody, decideBody } from './decide-schema.ts'
import { decisionAnswers, decisionRequests } from './decisions-document.ts'
import { recordBody } from './entity-record.ts'
import { eventAnswers, eventRequests } from './events-document.ts'
import { filterSchema } from './filter-schema.ts'
import { forgetAnswers, forgetRequests } from './forget-document.ts'
import { importBody } from './imports.ts'
import { metricAnswers } from './metrics-document.ts'
import { publishBody } from './models.ts'
import { replayAnswers, replayRequests } from './replays-document.ts'
import { pseudonymsBody } from './users.ts'

/** Schemas of requests: how a client may write them. */
const REQUESTS: NamedSchemas = {
  ...decisionRequests,
  ...replayRequests,
  DecideRequest: decideBody,
  BatchRequest: batchBody,
  Filter: filterSchema,
  RecordsRequest: z.strictObject({ records: z.array(recordBody).meta({ maxItems: 500 }) }),
  ImportRequest: importBody,
  PublishRequest: publishBody,
  PseudonymsRequest: pseudonymsBody,
  ...forgetRequests,
}

/** Schemas of answers. */
const ANSWERS: NamedSchemas = {
  ...eventAnswers,
  ...decisionAnswers,
  ...replayAnswers,
  ...metricAnswers,
  ...forgetAnswers,
  Problem: answers.problemSchema,
  Decision: answers.decisionSchema,
  Decisions: answers.decisionsSchema,
  Put: answers.putSchema,
  Record: answers.recordSchema,
  Models: answers.modelsSchema,
  Uploaded: answers.uploadedSchema,
  Published: answers.publishedSchema,
  Artifact: answers.artifactSchema,
  UseCase: answers.useCaseSchema,
  UseCases: answers.useCasesSchema,
  Pseudonyms: answers.pseudonymsSchema,
  Import: answers.importSchema,
  Health: answers.healthSchema,
}

const TITLES: Readonly<Record<number, string>> = {
  400: 'Malformed JSON, or a field that is wrong, missing or unknown',
  401: 'No key, or none of ours',
  403: 'The wrong kind of key',
  404: 'Unknown use case, entity, id or version',
  405: 'Not with this method',
  409: 'Refused by a rule',
  413: 'The body is too large',
  415: 'The body is not JSON',
  422: 'Over a cap',
  429: 'Too many requests',
  503: 'Not ready, or not durable: send it again',
}

/**
 * The OpenAPI 3.1 document of the API, made from the schemas that check its requests. `events` are the
 * types that `POST /v1/events` takes.
 */
export function apiDocument(version: string, events: readonly EventType[]) {
  const paths: Record<string, Record<string, unknown>> = {}
  for (const operation of OPERATIONS) {
    paths[operation.path] ??= {}
    paths[operation.path][operation.method.toLowerCase()] = operationOf(operation)
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'edgewheel',
      version,
      description: 'Decide, log, organize, learn: the API of one Worker.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    paths,
    components: {
      schemas: {
        ...jsonSchemas({ ...REQUESTS, ...eventRequests(events) }, 'input'),
        ...jsonSchemas(ANSWERS, 'output'),
      },
      securitySchemes: {
        publishableKey: { type: 'http', scheme: 'bearer', description: 'pk_…: decide, events' },
        secretKey: { type: 'http', scheme: 'bearer', description: 'sk_…: everything' },
      },
      responses: Object.fromEntries(
        Object.entries(TITLES).map(([status, description]) => [
          `Problem${status}`,
          {
            description,
            content: {
              'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } },
            },
          },
        ]),
      ),
    },
  }
}

function jsonSchemas(schemas: NamedSchemas, io: 'input' | 'output'): Record<string, unknown> {
  const registry = z.registry<{ id?: string }>()
  for (const [id, schema] of Object.entries(schemas)) registry.add(schema, { id })
  const made = z.toJSONSchema(registry, { io, uri: (id) => `#/components/schemas/${id}` }).schemas
  return Object.fromEntries(
    Object.entries(made).map(([name, { $schema, $id, ...schema }]) => [name, schema]),
  )
}

function operationOf(operation: Operation) {
  const { body, access } = operation
  return {
    operationId: operation.id,
    summary: operation.summary,
    tags: [operation.tag],
    ...parametersOf(operation),
    ...(body
      ? {
          requestBody: {
            required: body.optional !== true,
            content: {
              'application/json': {
                schema: { $ref: `#/components/schemas/${body.schema}` },
                example: body.example,
              },
              ...(body.text
                ? {
                    'text/plain': {
                      schema: { $ref: `#/components/schemas/${body.text.schema}` },
                      example: body.text.example,
                    },
                  }
                : {}),
            },
          },
        }
      : {}),
    responses: {
      ...Object.fromEntries(
        Object.entries(operation.answers).map(([status, answer]) => [status, answerOf(answer)]),
      ),
      ...Object.fromEntries(
        [...operation.errors]
          .sort((a, b) => a - b)
          .map((status) => [status, { $ref: `#/components/responses/Problem${status}` }]),
      ),
    },
    security:
      access === 'open'
        ? []
        : access === 'secret'
          ? [{ secretKey: [] }]
          : [{ publishableKey: [] }, { secretKey: [] }],
  }
}

function parametersOf({ path, query = {} }: Operation) {
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
  const parameters = [
    ...names.map((name) => ({
      name,
      in: 'path',
      required: true,
      schema: name === 'version' ? { type: 'integer', minimum: 1 } : { type: 'string' },
    })),
    ...Object.entries(query).map(([name, schema]) => ({ name, in: 'query', schema })),
  ]
  return parameters.length > 0 ? { parameters } : {}
}

function answerOf({ schema, media, example }: Operation['answers'][number]) {
  if (!schema && !media) return { description: 'Done' }
  return {
    description: 'Done',
    content: {
      [media ?? 'application/json']: {
        ...(schema ? { schema: { $ref: `#/components/schemas/${schema}` } } : {}),
        ...(example === undefined ? {} : { example }),
      },
    },
  }
}
