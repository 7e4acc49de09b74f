import type * as z from 'zod'
import type { DecisionContext } from './context.ts'
import { DEFAULTED, type FieldValue, MISSING, PRESENT } from './field.ts'
import type { Pool } from './pool.ts'
import type { DerivedRead, Read, Reads, RecordRead, RetrievedRead, ShapeRead } from './read.ts'
import { recordCursor } from './record-cursor.ts'
import type { Table } from './table.ts'

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
  const { items } = scope.context
  const at = new At(items.ids)
  const values: Record<string, unknown> = {}
  const steps: Step[] = []
  let perCandidate = false
  let fixed = 0
  for (const [alias, read] of Object.entries(reads)) {
    if (read.read === 'record' && alias === scope.candidateAlias) {
      perCandidate = true
      values[alias] = recordCursor(read as RecordRead, items, at)
      steps.push(...statusSteps(read as RecordRead, items))
    } else if (read.perCandidate) {
      perCandidate = true
      if (read.read === 'candidate') values[alias] = at
      else steps.push({ known: null, load: candidateLoader(read, pool, values, alias) })
    } else {
      const { value, status } = requestValue(read, alias, scope)
      values[alias] = value
      if (status !== 0 && fixed === 0) fixed = status
    }
  }
  return new BoundReading(values, perCandidate, at, steps, fixed)
}

/** One thing to do per candidate: to look at a field's status, or, where `known` is null, to call. */
interface Step {
  readonly known: Uint8Array | null
  readonly load: Loader | null
}

// A class and not closures: its `load` is called for every feature of every candidate.
class BoundReading implements Reading {
  readonly values: Readonly<Record<string, unknown>>
  readonly perCandidate: boolean
  readonly #at: At
  readonly #steps: readonly Step[]
  readonly #fixed: number

  constructor(
    values: Readonly<Record<string, unknown>>,
    perCandidate: boolean,
    at: At,
    steps: readonly Step[],
    fixed: number,
  ) {
    this.values = values
    this.perCandidate = perCandidate
    this.#at = at
    this.#steps = steps
    this.#fixed = fixed
  }

  load(slot: number, id: string, row: number): number {
    const at = this.#at
    at.slot = slot
    at.unknownId = id
    at.row = row
    let worst = this.#fixed
    const steps = this.#steps
    for (let i = 0; i < steps.length; i++) {
      const { known, load } = steps[i]
      let status = PRESENT
      if (load !== null) status = load(at)
      else if (slot < 0) status = MISSING
      else if (known !== null) status = known[slot]
      if (status !== PRESENT && status !== DEFAULTED && worst === PRESENT) worst = status
    }
    return worst
  }
}

const missing: Loader = () => MISSING

/** What makes a required field unusable: an absent column, or its status. */
function statusSteps({ fields, required }: RecordRead, table: Table): Step[] {
  if (!required) return []
  return fields.map((field) => {
    const column = table.column(field)
    return column === null ? { known: null, load: missing } : { known: column.status, load: null }
  })
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
