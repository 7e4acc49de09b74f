import * as z from 'zod'
import type { Entity } from '../core/entity.ts'
import { isId } from '../core/request.ts'
import type { Runtime } from '../wheel/runtime.ts'
import { type ReadRecord, type RejectedRecord, readRecord } from './entity-record.ts'
import { ID_EXPECTED, listSchema } from './ids.ts'
import { issuesOf } from './issues.ts'
import { Problem } from './problem.ts'
import { type Call, json, MAX_BYTES, type Route } from './route.ts'

/** The most records of one PUT. */
export const MAX_RECORDS = 500

/** The envelope of a PUT; its records are looked at one by one, so that a bad one harms no other. */
export const recordsBody = z.strictObject({
  records: listSchema<unknown>(() => {}, {}, MAX_RECORDS),
})

/** `PUT /v1/entities/{entity}`, and `GET` and `DELETE` of one record. */
export function entityRoutes(runtime: Runtime): Route[] {
  const common = { access: 'secret', path: '/v1/entities/:entity/:id' } as const
  const { owners, clock } = runtime
  return [
    {
      method: 'PUT',
      path: '/v1/entities/:entity',
      access: 'secret',
      body: { maxBytes: MAX_BYTES.entities },
      async handle(call) {
        const entity = entityOf(runtime, call)
        const { taken, rejected, ignored } = readRecords(entity, call.json(), clock.nowMs())
        const answer = { accepted: taken.length, rejected, ignored }
        if (taken.length === 0)
          throw new Problem(400, 'invalid_request', 'No record was accepted.', { members: answer })
        await owners.upsert(
          entity.name,
          taken.map(({ row }) => ({ ...row, id: storedId(runtime, entity, row.id) })),
        )
        return json(answer)
      },
    },
    {
      ...common,
      method: 'GET',
      async handle(call) {
        const { entity, id } = recordOf(runtime, call)
        const record = await owners.read(entity.name, storedId(runtime, entity, id))
        if (record === null) throw unknownId(entity)
        const fields = Object.entries(record.fields).map(([name, field]) => [
          name,
          { value: field.value, status: field.status, updatedAt: field.updatedAtMs },
        ])
        return json({
          id,
          fields: Object.fromEntries(fields),
          publishedAt: record.publishedAtMs,
        })
      },
    },
    {
      ...common,
      method: 'DELETE',
      async handle(call) {
        const { entity, id } = recordOf(runtime, call)
        const stored = storedId(runtime, entity, id)
        if ((await owners.read(entity.name, stored)) === null) throw unknownId(entity)
        await owners.remove(entity.name, stored)
        return new Response(null, { status: 204, headers: { 'cache-control': 'no-store' } })
      },
    },
  ]
}

/** The entity that the path names. Throws 404. */
export function entityOf(runtime: Runtime, call: Call): Entity {
  const entity = runtime.entities.get(call.param('entity') ?? '')
  if (!entity) throw new Problem(404, 'unknown_entity', 'There is no such entity.')
  return entity
}

/**
 * Records of people are kept under pseudonyms: of what use cases bind as `user`, what events name as theirs,
 * or what is called so.
 */
export function isUserEntity(
  { plans, events }: Pick<Runtime, 'plans' | 'events'>,
  entity: Pick<Entity, 'name'>,
): boolean {
  if (entity.name === 'user') return true
  for (const { user } of events.values()) if (user === entity.name) return true
  for (const { useCase } of plans.values())
    if (useCase.context.user?.entity.name === entity.name) return true
  return false
}

function storedId(runtime: Runtime, entity: Entity, id: string): string {
  return isUserEntity(runtime, entity) ? runtime.pseudonym(id) : id
}

function recordOf(runtime: Runtime, call: Call): { entity: Entity; id: string } {
  const entity = entityOf(runtime, call)
  const id = call.param('id')
  if (!isId(id))
    throw new Problem(400, 'invalid_request', `id: ${ID_EXPECTED}`, {
      errors: [{ path: 'id', message: ID_EXPECTED }],
    })
  return { entity, id }
}

function unknownId(entity: Entity): Problem {
  return new Problem(404, 'unknown_id', `There is no ${entity.name} with this id.`)
}

function readRecords(entity: Entity, body: unknown, nowMs: number) {
  const envelope = recordsBody.safeParse(body)
  if (!envelope.success)
    throw new Problem(400, 'invalid_request', 'Send { "records": [ … ] }.', {
      errors: issuesOf(envelope.error),
    })
  const { records } = envelope.data
  if (records.length > MAX_RECORDS)
    throw new Problem(422, 'over_cap', `records: more than ${MAX_RECORDS}`, {
      errors: [{ path: 'records', message: `more than ${MAX_RECORDS}` }],
    })
  const taken: ReadRecord[] = []
  const rejected: RejectedRecord[] = []
  const ignored = new Set<string>()
  records.forEach((record, index) => {
    const read = readRecord(entity, record, index, nowMs)
    if ('code' in read) rejected.push(read)
    else {
      taken.push(read)
      for (const name of read.ignored) if (ignored.size < 100) ignored.add(name)
    }
  })
  return { taken, rejected, ignored: [...ignored] }
}
