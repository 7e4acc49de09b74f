import type { Entity } from '../core/entity.ts'
import type { ForgetRpc } from './forget.ts'
import type { ForgottenPeople } from './forget-cutoffs.ts'
import type { RecordOwners } from './record-owners.ts'

/** The way to the object that forgets people. */
export interface ForgetClient extends ForgottenPeople {
  /** Forgets somebody from a time on; the id of the run. `isUrgent`: in the lake at once, too. */
  forget(pseudonym: string, atMs: number, isUrgent: boolean): Promise<string>
  /** Lifts the tombstones of those who have one. */
  remember(pseudonyms: readonly string[], nowMs: number): Promise<void>
  /** Begins the daily pass through the lake. */
  passThroughLake(): Promise<void>
}

/** A client of the Forget object behind `namespace`; `personal` are the entities that are about people. */
export function forgetClient(
  namespace: DurableObjectNamespace<ForgetRpc>,
  personal: ReadonlySet<Entity['name']>,
): ForgetClient {
  const object = () => namespace.getByName('forget')
  return {
    isPersonal: (entity) => personal.has(entity),
    among: async (pseudonyms) => object().among(pseudonyms),
    forget: async (pseudonym, atMs, isUrgent) => object().forget(pseudonym, atMs, isUrgent),
    remember: async (pseudonyms, nowMs) => object().remember(pseudonyms, nowMs),
    passThroughLake: async () => object().passThroughLake(),
  }
}

/** Owners to whom people who are pushed again are known again: their tombstones go first. */
export function rememberingOwners(
  owners: RecordOwners,
  { isPersonal, remember }: Pick<ForgetClient, 'isPersonal' | 'remember'>,
  nowMs: () => number,
): RecordOwners {
  return {
    ...owners,
    async upsert(entity, rows) {
      const ids = rows.map(({ id }) => id)
      if (isPersonal(entity) && ids.length > 0) await remember(ids, nowMs())
      await owners.upsert(entity, rows)
    },
  }
}
