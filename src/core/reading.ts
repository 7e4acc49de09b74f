import type * as z from 'zod'
import type { DecisionContext } from './context.ts'
import { DEFAULTED, type FieldValue, MISSING, PRESENT } from './field.ts'
import type { Pool } from './pool.ts'
import type { DerivedRead, Read, Reads, RecordRead, RetrievedRead, ShapeRead } from './read.ts'
import { type Column, type NumberColumn, statusAt, type Table, valueAt } from './table.ts'

/** What reads resolve against in one decision. */
export interface Scope {
  readonly context: DecisionContext
  /** The alias under which stages read the candidate's record: the candidates' entity. */
  readonly candidateAlias: string
  /** Values of `derive`, by declaration; a decision computes each once. */
  readonly derived: Map<DerivedRead<unknown>, Derived>
}

/** A derived value; `failed` where its `compute` threw, and then it is missing for all who read it. */
export interface Derived {
  readonly value: unknown
  readonly status: number
  readonly failed: boolean
}

/** The candidate being looked at: its slot (-1 unknown), id, and row in the pool (-1 before it is drawn). */
class At {
  slot = -1
  row = -1
  unknownId = ''
  readonly #ids: readonly string[]

  constructor(ids: readonly string[]) {
    this.#ids = ids
  }

  get id(): string {
    return this.slot < 0 ? this.unknownId : this.#ids[this.slot]
  }
}

/** Reads bound to one decision. `values` is one object, rewritten by each `load`. */
export interface Reading {
  readonly values: Readonly<Record<string, unknown>>
  /** Whether `load` changes anything from one candidate to the next. */
  readonly perCandidate: boolean
  /**
   * Points `values` at a candidate; the number of the first status that makes a required field unusable,
   * or 0. `id` is only asked for where `slot` is -1.
   */
  load(slot: number, id: string, row: number): number
}

type Loader = (at: At) => number

/** Whether a stage with these reads can differ between candidates. */
export function dependsOnCandidate(reads: Reads, candidateAlias: string): boolean {
  return Object.entries(reads).some(
    ([alias, read]) => read.perCandidate || (read.read === 'record' && alias === candidateAlias),
  )
}

/** Binds reads to a decision. `pool` is null where no candidate is in it yet (filters). */
export function bindReads(reads: Reads, scope: Scope, pool: Pool | null): Reading {
  const values: Record<string, unknown> = {}
  const steps: Step[] = []
  let fixed = 0
  for (const [alias, read] of Object.entries(reads)) {
    if (read.read === 'record' && alias === scope.candidateAlias) {
      values[alias] = recordSteps(read as RecordRead, scope.context.items, steps)
    } else if (read.perCandidate) steps.push(callStep(candidateLoader(read, pool, values, alias)))
    else {
      const { value, status } = requestValue(read, alias, scope)
      values[alias] = value
      if (status !== 0 && fixed === 0) fixed = status
    }
  }
  const at = new At(scope.context.items.ids)
  return {
    values,
    perCandidate: steps.length > 0,
    load(slot, id, row) {
      at.slot = slot
      at.unknownId = id
      at.row = row
      let worst = fixed
      for (let i = 0; i < steps.length; i++) {
        const step = steps[i]
        const status = step.column === null ? step.load(at) : numberStep(step, step.column, slot)
        if (status !== 0 && worst === 0) worst = status
      }
      return worst
    },
  }
}

/** The value of a read that is the same for every candidate; status is 0 unless a required field is unusable. */
function requestValue(
  read: Read<unknown>,
  alias: string,
  scope: Scope,
): { value: unknown; status: number } {
  const { context } = scope
  switch (read.read) {
    case 'time':
      return { value: context.nowMs, status: 0 }
    case 'recent':
      return { value: context.recent, status: 0 }
    case 'context':
      return {
        value: shaped((read as ShapeRead<unknown>).shape, context.request.context),
        status: 0,
      }
    case 'derived':
      return derivedValue(read as DerivedRead<unknown>, scope)
    default: {
      const { fields, required } = read as RecordRead
      const record = context.record(alias)
      const value: Record<string, FieldValue | undefined> = {}
      let status = 0
      for (const field of fields) {
        value[field] = record.value(field)
        if (required && value[field] === undefined && status === 0)
          status = record.status(field) || MISSING
      }
      return { value, status }
    }
  }
}

function derivedValue(read: DerivedRead<unknown>, scope: Scope): Derived {
  let derived = scope.derived.get(read)
  if (derived === undefined) {
    derived = deriveOnce(read, scope)
    scope.derived.set(read, derived)
  }
  return derived
}

function deriveOnce(read: DerivedRead<unknown>, scope: Scope): Derived {
  const reading = bindReads(read.reads, scope, null)
  const status = reading.load(-1, '', -1)
  if (status !== 0) return { value: undefined, status, failed: false }
  try {
    const value = read.compute(reading.values as never, scope.context)
    return { value, status: 0, failed: false }
  } catch {
    return { value: undefined, status: MISSING, failed: true }
  }
}

function shaped(
  shape: Readonly<Record<string, z.ZodType>>,
  from: Readonly<Record<string, unknown>>,
) {
  const value: Record<string, unknown> = {}
  for (const [name, schema] of Object.entries(shape)) {
    const parsed = Object.hasOwn(from, name) ? schema.safeParse(from[name]) : undefined
    value[name] = parsed?.success ? parsed.data : undefined
  }
  return value
}

function candidateLoader(
  read: Read<unknown>,
  pool: Pool | null,
  values: Record<string, unknown>,
  alias: string,
): Loader {
  if (read.read === 'candidate') {
    return (at) => {
      values[alias] = at
      return 0
    }
  }
  if (read.read === 'retrieved') {
    const source = pool?.sourceNames.indexOf((read as RetrievedRead).source) ?? -1
    const scores = pool?.retrieval[source]
    return (at) => {
      const score = scores && at.row >= 0 ? scores[at.row] : Number.NaN
      values[alias] = Number.isNaN(score) ? undefined : score
      return 0
    }
  }
  const { shape } = read as ShapeRead<unknown>
  const nothing = {}
  return (at) => {
    values[alias] = shaped(shape, (at.row >= 0 && pool?.given[at.row]?.fields) || nothing)
    return 0
  }
}

/** One thing to do per candidate. Most are number fields, which need no call: they name their column. */
interface Step {
  readonly column: NumberColumn | null
  readonly record: Record<string, FieldValue | undefined>
  readonly field: string
  readonly required: boolean
  readonly load: Loader
}

const nothingToLoad: Loader = () => 0

function callStep(load: Loader): Step {
  return { column: null, record: {}, field: '', required: false, load }
}

function numberStep({ record, field, required }: Step, column: NumberColumn, slot: number): number {
  const status = slot < 0 ? MISSING : column.status === null ? PRESENT : column.status[slot]
  if (status === PRESENT || status === DEFAULTED) {
    record[field] = column.values[slot]
    return 0
  }
  record[field] = undefined
  return required ? status : 0
}

/**
 * One object for a candidate's fields, rewritten by each load; lists are reused too and hold until then.
 * Adds to `steps` what rewrites it.
 */
function recordSteps(
  read: RecordRead,
  table: Table,
  steps: Step[],
): Record<string, FieldValue | undefined> {
  const record: Record<string, FieldValue | undefined> = {}
  const { fields, required } = read
  for (const field of fields) {
    record[field] = undefined
    const column = table.column(field)
    if (column?.kind === 'number')
      steps.push({ column, record, field, required, load: nothingToLoad })
    else steps.push(callStep(fieldLoader(column, record, field, required)))
  }
  return record
}

function fieldLoader(
  column: Column | null,
  record: Record<string, FieldValue | undefined>,
  field: string,
  required: boolean,
): Loader {
  const list: string[] = []
  return ({ slot }) => {
    const status = statusAt(column, slot)
    if (column === null || (status !== PRESENT && status !== DEFAULTED)) {
      record[field] = undefined
      return required ? status || MISSING : 0
    }
    if (column.kind === 'strings') {
      list.length = 0
      for (let i = column.offsets[slot]; i < column.offsets[slot + 1]; i++)
        list.push(column.dictionary[column.codes[i]])
      record[field] = list
    } else record[field] = valueAt(column, slot)
    return 0
  }
}
