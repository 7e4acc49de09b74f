import type * as z from 'zod'
import { ARTIFACT_EXAMPLE, DECIDE_EXAMPLE, DECISION_EXAMPLE } from './api-examples.ts'
import { decisionOperations } from './decisions-document.ts'
import { eventsOperation } from './events-document.ts'
import { forgetOperations } from './forget-document.ts'
import { metricOperations } from './metrics-document.ts'
import { replayOperations } from './replays-document.ts'
import type { Route } from './route.ts'

/** What the document says of one method of one path. Schemas are named as in `components.schemas`. */
export interface Operation {
  readonly method: Route['method']
  /** `/v1/decide/{useCase}` */
  readonly path: string
  readonly access: Route['access']
  readonly id: string
  readonly summary: string
  readonly tag: string
  /** JSON Schemas of query parameters; all may be left out. */
  readonly query?: Readonly<Record<string, unknown>>
  readonly body?: {
    readonly schema: string
    readonly example: unknown
    readonly optional?: boolean
    /** The same as `text/plain`, where the route takes that. */
    readonly text?: { readonly schema: string; readonly example: unknown }
  }
  /** By status: the name of a schema, or a media type where the body is no JSON; null: no body. */
  readonly answers: Readonly<Record<number, { schema?: string; media?: string; example?: unknown }>>
  readonly errors: readonly number[]
}

/** Schemas by the name they have in the document. */
export type NamedSchemas = Readonly<Record<string, z.ZodType>>

const KEYED = [401, 405]
const WITH_BODY = [400, 413, 415]

/** Every operation of the API. */
export const OPERATIONS: readonly Operation[] = [
  {
    method: 'POST',
    path: '/v1/decide/{useCase}',
    access: 'publishable',
    id: 'decide',
    summary: 'Decide: a ranked slate for one use case',
    tag: 'decide',
    body: { schema: 'DecideRequest', example: DECIDE_EXAMPLE },
    answers: { 200: { schema: 'Decision', example: DECISION_EXAMPLE } },
    errors: [...WITH_BODY, ...KEYED, 403, 404, 422, 429],
  },
  {
    method: 'POST',
    path: '/v1/decide',
    access: 'publishable',
    id: 'decideBatch',
    summary: 'Decide: several shelves in one call, without an item twice if distinct',
    tag: 'decide',
    body: {
      schema: 'BatchRequest',
      example: {
        requests: [
          { useCase: 'movies-home', user: { id: 'u_42' } },
          { useCase: 'movies-similar', context: { item: '318' } },
        ],
        distinct: true,
      },
    },
    answers: { 200: { schema: 'Decisions', example: { decisions: [DECISION_EXAMPLE] } } },
    errors: [...WITH_BODY, ...KEYED, 403, 404, 422, 429],
  },
  eventsOperation,
  ...replayOperations,
  ...decisionOperations,
  {
    method: 'PUT',
    path: '/v1/entities/{entity}',
    access: 'secret',
    id: 'putRecords',
    summary: 'Upsert up to 500 records; a null removes an attribute, an older updatedAt loses',
    tag: 'entities',
    body: {
      schema: 'RecordsRequest',
      example: {
        records: [
          {
            id: '318',
            attributes: { title: 'The Shawshank Redemption', year: 1994 },
            updatedAt: '2026-11-23T12:00:00Z',
          },
        ],
      },
    },
    answers: { 200: { schema: 'Put', example: { accepted: 1, rejected: [], ignored: [] } } },
    errors: [...WITH_BODY, ...KEYED, 403, 404, 422, 503],
  },
  {
    method: 'GET',
    path: '/v1/entities/{entity}/{id}',
    access: 'secret',
    id: 'getRecord',
    summary: 'A record from its owner, so never stale',
    tag: 'entities',
    answers: {
      200: {
        schema: 'Record',
        example: {
          id: '318',
          fields: { year: { value: 1994, status: 'present', updatedAt: 1790000000000 } },
          publishedAt: 1790000030000,
        },
      },
    },
    errors: [400, ...KEYED, 403, 404],
  },
  {
    method: 'DELETE',
    path: '/v1/entities/{entity}/{id}',
    access: 'secret',
    id: 'deleteRecord',
    summary: 'Hide a record from the next page on',
    tag: 'entities',
    answers: { 204: {} },
    errors: [400, ...KEYED, 403, 404, 503],
  },
  {
    method: 'POST',
    path: '/v1/imports/{entity}',
    access: 'secret',
    id: 'markImport',
    summary: 'Say that an import of an entity runs, or is done; /readyz waits for it',
    tag: 'entities',
    body: { schema: 'ImportRequest', example: { state: 'running' } },
    answers: {
      200: { schema: 'Import', example: { entity: 'item', state: 'running', at: 1790000000000 } },
    },
    errors: [...WITH_BODY, ...KEYED, 403, 404],
  },
  {
    method: 'GET',
    path: '/v1/models/{useCase}',
    access: 'secret',
    id: 'listModels',
    summary: 'Versions of the model of a use case',
    tag: 'models',
    answers: {
      200: {
        schema: 'Models',
        example: {
          current: 3,
          versions: [{ version: 3, createdAt: 1790000000000, status: 'published', report: null }],
        },
      },
    },
    errors: [...KEYED, 403, 404],
  },
  {
    method: 'POST',
    path: '/v1/models/{useCase}',
    access: 'secret',
    id: 'uploadModel',
    summary: 'Upload an artifact made elsewhere; it serves once it is published',
    tag: 'models',
    body: {
      schema: 'Artifact',
      example: ARTIFACT_EXAMPLE,
    },
    answers: {
      201: {
        schema: 'Uploaded',
        example: { useCase: 'movies-home', version: 4, status: 'stored' },
      },
    },
    errors: [...WITH_BODY, ...KEYED, 403, 404],
  },
  {
    method: 'GET',
    path: '/v1/models/{useCase}/{version}',
    access: 'secret',
    id: 'getModel',
    summary: 'The artifact of a version',
    tag: 'models',
    answers: { 200: { schema: 'Artifact' } },
    errors: [...KEYED, 403, 404],
  },
  {
    method: 'POST',
    path: '/v1/models/{useCase}/{version}/publish',
    access: 'secret',
    id: 'publishModel',
    summary: 'Point a use case at a version',
    tag: 'models',
    body: { schema: 'PublishRequest', example: { force: false }, optional: true },
    answers: { 200: { schema: 'Published', example: { useCase: 'movies-home', current: 4 } } },
    errors: [...WITH_BODY, ...KEYED, 403, 404, 409],
  },
  ...metricOperations,
  {
    method: 'GET',
    path: '/v1/use-cases',
    access: 'secret',
    id: 'listUseCases',
    summary: 'All chains as data',
    tag: 'use cases',
    answers: { 200: { schema: 'UseCases' } },
    errors: [...KEYED, 403],
  },
  {
    method: 'GET',
    path: '/v1/use-cases/{id}',
    access: 'secret',
    id: 'getUseCase',
    summary: 'A chain as data: stages, features with kind and hash, owners, model, variants',
    tag: 'use cases',
    answers: { 200: { schema: 'UseCase' } },
    errors: [...KEYED, 403, 404],
  },
  {
    method: 'POST',
    path: '/v1/users/pseudonyms',
    access: 'secret',
    id: 'pseudonyms',
    summary: 'The keys under which people are kept, in the order of the ids',
    tag: 'users',
    body: { schema: 'PseudonymsRequest', example: { ids: ['u_42'] } },
    answers: {
      200: {
        schema: 'Pseudonyms',
        example: { pseudonyms: [{ id: 'u_42', pseudonym: 'mBz2xH0uQqKZk3X2a1Yx5A' }] },
      },
    },
    errors: [...WITH_BODY, ...KEYED, 403, 422],
  },
  ...forgetOperations,
  {
    method: 'GET',
    path: '/livez',
    access: 'open',
    id: 'livez',
    summary: 'The Worker runs',
    tag: 'health',
    answers: { 200: { schema: 'Health', example: { status: 'live' } } },
    errors: [405],
  },
  {
    method: 'GET',
    path: '/readyz',
    access: 'open',
    id: 'readyz',
    summary: 'Everything that the use cases read is there, and no import runs',
    tag: 'health',
    answers: { 200: { schema: 'Health', example: { status: 'ready' } } },
    errors: [405, 503],
  },
  {
    method: 'GET',
    path: '/openapi.json',
    access: 'open',
    id: 'openapi',
    summary: 'This document',
    tag: 'docs',
    answers: { 200: { media: 'application/json' } },
    errors: [405],
  },
  {
    method: 'GET',
    path: '/docs',
    access: 'open',
    id: 'docs',
    summary: 'This document as a page',
    tag: 'docs',
    answers: { 200: { media: 'text/html' } },
    errors: [405],
  },
]
