import { within } from '../core/deadline.ts'
import { uuidv7 } from '../core/decision-id.ts'
import type { Entity } from '../core/entity.ts'
import { type FieldKind, type FieldValue, isIdSet } from '../core/field.ts'
import type { Plan } from '../core/plan.ts'
import { seededRandom } from '../core/random.ts'
import type { Interaction } from '../core/read.ts'
import { itemHash, signReceipt } from '../core/receipt.ts'
import { type RecordView, recordView, type StoredValue, unknownRecord } from '../core/record.ts'
import { type DecideRequest, isId } from '../core/request.ts'
import { runChain, type Slate } from '../core/run.ts'
import { statusAt, type Table, valueAt } from '../core/table.ts'
import { Trace } from '../core/trace.ts'
import { StoreError } from '../store/feature-store.ts'
import { decodeRecord, recordKey, untouchedRecord } from '../store/record-value.ts'
import type { Runtime, WaitUntil } from './runtime.ts'

/** One decision to make: a checked request for one use case. */
export interface DecideCall {
  readonly plan: Plan
  readonly request: DecideRequest
  /** Newest first. */
  readonly recent: readonly Interaction[]
}

/** A made decision, before it is put into words for a client. */
export interface Decision extends Slate {
  readonly decisionId: string
  readonly decidedAtMs: number
  readonly plan: Plan
  readonly request: DecideRequest
  /** `movies-home@3`, or null where prior weights served. */
  readonly model: string | null
  readonly variant: string
  readonly degraded: readonly string[]
  readonly trace: Trace
}

/** The share of the budget that reading may take; the rest is for sources, in a cold isolate too. */
const READ_SHARE = 0.6

/**
 * Makes one decision: one store read for the user's records, pages and model from isolate memory, then
 * the chain. Never rejects for what a store, a page or a model does.
 */
export async function decide(
  runtime: Runtime,
  call: DecideCall,
  waitUntil: WaitUntil,
): Promise<Decision> {
  const { plan, request } = call
  const { clock, digests } = runtime
  const startedMs = clock.nowMs()
  const decisionId = uuidv7(startedMs, digests.randomBytes(10))
  const trace = new Trace()
  const { budgetMs, coldBudgetMs } = plan.useCase
  const readMs = budgetMs * READ_SHARE
  const sourcesMs = budgetMs - readMs
  const [keyed, tables, model] = await Promise.all([
    readRecords(runtime, call, trace, readMs),
    readTables(runtime, plan, trace, Math.max(0, coldBudgetMs - sourcesMs), waitUntil),
    runtime.models.read(plan, { waitMs: readMs, waitUntil }),
  ])
  if (model.rejected) trace.degrade('model_rejected')
  if (model.unknown) trace.degrade('model_unknown')
  const items = tables.get(plan.useCase.candidates.name) ?? null
  const seed = digests.sha256(decisionId)
  const slate = await runChain(plan, {
    request,
    recent: call.recent,
    nowMs: startedMs,
    random: seededRandom(seed),
    rankRandom: seededRandom(seed.subarray(16)),
    clock,
    deadlineMs: Math.max(startedMs + budgetMs, clock.nowMs() + sourcesMs),
    items,
    records: recordsOf(plan, request, keyed, tables),
    scorer: model.serving?.scorer ?? null,
    trace,
  })
  return {
    ...slate,
    decisionId,
    decidedAtMs: startedMs,
    plan,
    request,
    model: model.serving?.version ?? null,
    variant: 'control',
    degraded: trace.degraded,
    trace,
  }
}

/** The signed receipt of a decision. */
export function receiptOf(runtime: Runtime, decision: Decision): string {
  return signReceipt(
    {
      decisionId: decision.decisionId,
      decidedAtMs: decision.decidedAtMs,
      useCase: decision.plan.useCase.id,
      variant: decision.variant,
      model: decision.model,
      user: decision.request.user.id ?? null,
      consent: decision.request.consent,
      items: decision.items.map(({ id }) => itemHash(id)),
    },
    runtime.receiptKeys[0],
  )
}

type Keyed = ReadonlyMap<string, RecordView>
type KeyedPlan = Plan['keyed'] extends ReadonlyMap<string, infer One> ? One : never

/** All keyed records of a decision in one round trip; unknown ones where there is no id or no answer. */
async function readRecords(
  { store, clock }: Runtime,
  { plan, request }: DecideCall,
  trace: Trace,
  waitMs: number,
): Promise<Keyed> {
  const wanted: { alias: string; id: string; key: string }[] = []
  for (const [alias, { entity, fields }] of plan.keyed) {
    const id = plan.useCase.context[alias].id(request)
    // A use case may bind any text of its context; what cannot be an id has no record.
    if (isId(id) && fields.size > 0) wanted.push({ alias, id, key: recordKey(entity.name, id) })
  }
  const overrides = (alias: string): ReadonlyMap<string, FieldValue | null> | undefined =>
    alias === 'user' ? request.user.attributes : undefined
  const views = new Map<string, RecordView>()
  for (const alias of plan.keyed.keys())
    views.set(alias, recordView('', new Map(), overrides(alias)))
  if (wanted.length === 0) return views
  const startedMs = clock.nowMs()
  const keys = wanted.map(({ key }) => key)
  const read = await within(
    clock,
    waitMs,
    new Promise<Awaited<ReturnType<typeof store.get>>>((resolve) => {
      resolve(store.get(keys, { timeoutMs: waitMs }))
    }),
  )
  // The driver's own timer may ring first: that is late, too.
  const slow = read.state === 'late' || (read.state === 'failed' && isTimeout(read.error))
  if (read.state !== 'done') trace.degrade(slow ? 'store_slow' : 'store_failed')
  else
    wanted.forEach(({ alias, id }, i) => {
      const bytes = read.value[i]
      try {
        const { entity, fields } = plan.keyed.get(alias) as KeyedPlan
        const stored =
          bytes === null
            ? untouchedRecord(entity, startedMs)
            : readable(entity, decodeRecord(bytes, startedMs, entity, fields))
        views.set(alias, recordView(id, stored, overrides(alias)))
      } catch {
        trace.degrade('store_failed')
      }
    })
  trace.add({
    stage: 'read',
    name: store.name,
    in: wanted.length,
    out: read.state === 'done' ? read.value.filter((value) => value !== null).length : 0,
    state: read.state === 'done' ? 'ok' : slow ? 'late' : 'failed',
    ioMs: clock.nowMs() - startedMs,
  })
  return views
}

function isTimeout(error: unknown): boolean {
  return error instanceof StoreError && error.code === 'timeout'
}

/** Values that still are of the kind that their field declares; the others are missing. */
function readable(
  { fields }: Entity,
  stored: ReadonlyMap<string, StoredValue>,
): ReadonlyMap<string, StoredValue> {
  return new Map(
    [...stored].filter(([name, { value }]) => {
      const field = fields.get(name)
      return field !== undefined && (value === null || isOfKind(value, field.kind))
    }),
  )
}

function isOfKind(value: FieldValue, kind: FieldKind): boolean {
  if (isIdSet(value)) return kind === 'ids'
  if (!Array.isArray(value)) return typeof value === kind
  if (kind !== 'numbers' && kind !== 'strings') return false
  return value.length === 0 || `${typeof value[0]}s` === kind
}

/** The pages of a decision from isolate memory; a cold isolate waits for them at most `waitMs`. */
async function readTables(
  { tables }: Runtime,
  plan: Plan,
  trace: Trace,
  waitMs: number,
  waitUntil: WaitUntil,
): Promise<ReadonlyMap<string, Table>> {
  const found = new Map<string, Table>()
  await Promise.all(
    plan.paged.map(async (entity) => {
      const { value, state } = await tables.read(entity, { waitMs, waitUntil })
      if (state === 'cold' || state === 'failed' || value === null) trace.degrade('cold')
      if (value !== null) found.set(entity.name, value)
    }),
  )
  return found
}

function recordsOf(
  plan: Plan,
  request: DecideRequest,
  keyed: Keyed,
  tables: ReadonlyMap<string, Table>,
): Map<string, RecordView> {
  const records = new Map(keyed)
  for (const [alias, { entity, id }] of Object.entries(plan.useCase.context)) {
    if (records.has(alias)) continue
    const wanted = id(request)
    const table = tables.get(entity.name)
    records.set(
      alias,
      wanted !== undefined && table ? slotRecord(table, wanted) : unknownRecord(wanted ?? ''),
    )
  }
  return records
}

/** A record of a paged entity seen as one record. */
export function slotRecord(table: Table, id: string): RecordView {
  const slot = table.slotOf(id)
  return {
    id,
    value: (field) => (slot < 0 ? undefined : valueAt(table.column(field), slot)),
    status: (field) => statusAt(table.column(field), slot),
  }
}
