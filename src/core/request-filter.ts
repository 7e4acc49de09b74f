import type { Field, FieldKind } from './field.ts'
import { statusAt, type Table } from './table.ts'

type Scalar = string | number | boolean

/** One test of one field; several operators in one clause must all hold. */
export interface FilterClause {
  readonly field: string
  readonly eq?: Scalar
  readonly ne?: Scalar
  readonly in?: readonly Scalar[]
  readonly gt?: number | string
  readonly gte?: number | string
  readonly lt?: number | string
  readonly lte?: number | string
  readonly exists?: boolean
}

/** A request's filter: a clause, or clauses joined by `all`, `any`, `not`. */
export type FilterExpression =
  | FilterClause
  | { readonly all: readonly FilterExpression[] }
  | { readonly any: readonly FilterExpression[] }
  | { readonly not: FilterExpression }

/** A place in a request and what is wrong there. */
export interface Issue {
  readonly path: string
  readonly message: string
}

/** What `parseFilter` found: schema errors, caps exceeded, and which fields are used (with their paths). */
export interface ParsedFilter {
  readonly issues: readonly Issue[]
  readonly overCaps: readonly Issue[]
  readonly fields: readonly { readonly field: string; readonly path: string }[]
}

/** Caps of CONTRACT §2: clauses, nesting of all/any/not, values of one `in`. */
export const FILTER_CAPS = { clauses: 32, depth: 4, values: 256 } as const

const OPERATORS = ['eq', 'ne', 'in', 'gt', 'gte', 'lt', 'lte', 'exists'] as const
const MAX_ISSUES = 20

function scalarType(kind: FieldKind): 'number' | 'boolean' | 'string' {
  if (kind === 'numbers') return 'number'
  // Nobody can filter by sets of ids: candidates have none.
  return kind === 'strings' || kind === 'ids' ? 'string' : kind
}

function isScalar(value: unknown, kind: FieldKind): boolean {
  const type = scalarType(kind)
  return typeof value === type && (type !== 'number' || Number.isFinite(value))
}

function checkOperator(operator: string, value: unknown, kind: FieldKind): string | null {
  const type = scalarType(kind)
  switch (operator) {
    case 'exists':
      return typeof value === 'boolean' ? null : 'expected true or false'
    case 'eq':
    case 'ne':
      return isScalar(value, kind) ? null : `expected a ${type}`
    case 'in':
      if (!Array.isArray(value)) return `expected a list of ${type}s`
      return value.every((item) => isScalar(item, kind)) ? null : `expected a list of ${type}s`
    default:
      if (kind !== 'number' && kind !== 'string') return `a ${kind} field has no order`
      return isScalar(value, kind) ? null : `expected a ${type}`
  }
}

/**
 * Checks a filter against the fields of an entity. Walks without recursion, so that no nesting can
 * exhaust the stack. Nothing is thrown; an empty `issues` means `input` is a `FilterExpression`.
 */
export function parseFilter(
  input: unknown,
  fieldsOf: ReadonlyMap<string, Field>,
  root: string,
): ParsedFilter {
  const issues: Issue[] = []
  const overCaps: Issue[] = []
  const fields: { field: string; path: string }[] = []
  const fail = (path: string, message: string) => {
    if (issues.length < MAX_ISSUES) issues.push({ path, message })
  }
  const exceed = (path: string, message: string) => {
    if (overCaps.length === 0) overCaps.push({ path, message })
  }
  let clauses = 0
  const stack: { node: unknown; path: string; depth: number }[] = [
    { node: input, path: root, depth: 0 },
  ]
  while (stack.length > 0) {
    const { node, path, depth } = stack.pop() as (typeof stack)[number]
    if (node === null || typeof node !== 'object' || Array.isArray(node)) {
      fail(path, 'expected a clause or one of all, any, not')
      continue
    }
    const keys = Object.keys(node)
    const join = keys.find((key) => key === 'all' || key === 'any' || key === 'not')
    if (join !== undefined) {
      for (const key of keys)
        if (key !== join) fail(`${path}.${key.slice(0, 64)}`, `unknown key beside ${join}`)
      if (depth >= FILTER_CAPS.depth) exceed(path, `nested deeper than ${FILTER_CAPS.depth}`)
      const inner = (node as Record<string, unknown>)[join]
      // Deep paths would grow quadratically; nothing deeper than the cap needs its exact place.
      const tooDeep = depth > FILTER_CAPS.depth
      const at = tooDeep ? path : `${path}.${join}`
      if (join === 'not') stack.push({ node: inner, path: at, depth: depth + 1 })
      else if (!Array.isArray(inner)) fail(`${path}.${join}`, 'expected a list')
      else
        for (let i = inner.length - 1; i >= 0; i--)
          stack.push({ node: inner[i], path: tooDeep ? at : `${at}[${i}]`, depth: depth + 1 })
      continue
    }
    if (++clauses > FILTER_CAPS.clauses) exceed(path, `more than ${FILTER_CAPS.clauses} clauses`)
    const clause = node as Record<string, unknown>
    const name = clause.field
    const field = typeof name === 'string' ? fieldsOf.get(name) : undefined
    if (typeof name !== 'string') fail(`${path}.field`, 'expected the name of a field')
    else if (!field) fail(`${path}.field`, `unknown field '${name.slice(0, 64)}'`)
    else fields.push({ field: name, path: `${path}.field` })
    let operators = 0
    for (const key of keys) {
      if (key === 'field') continue
      if (!(OPERATORS as readonly string[]).includes(key)) {
        fail(`${path}.${key.slice(0, 64)}`, 'unknown operator')
        continue
      }
      operators++
      const value = clause[key]
      const problem = checkOperator(key, value, field?.kind ?? 'string')
      if (field && problem) fail(`${path}.${key}`, problem)
      if (key === 'in' && Array.isArray(value) && value.length > FILTER_CAPS.values)
        exceed(`${path}.in`, `more than ${FILTER_CAPS.values} values`)
    }
    if (operators === 0) fail(path, `expected an operator: ${OPERATORS.join(', ')}`)
  }
  return { issues, overCaps, fields }
}

/** Whether the record at a slot passes; -1 is a candidate without a record. */
export type SlotTest = (slot: number) => boolean

/**
 * Compiles a checked filter for one table. A missing value matches nothing but `exists: false`; `not`
 * is the plain complement. On a list field `eq` means contains and `in` intersects. Numbers are
 * compared as the column stores them (float32 constants for float32 columns).
 */
export function compileFilter(expression: FilterExpression, table: Table): SlotTest {
  if ('all' in expression) {
    const tests = expression.all.map((inner) => compileFilter(inner, table))
    return (slot) => tests.every((test) => test(slot))
  }
  if ('any' in expression) {
    const tests = expression.any.map((inner) => compileFilter(inner, table))
    return (slot) => tests.some((test) => test(slot))
  }
  if ('not' in expression) {
    const test = compileFilter(expression.not, table)
    return (slot) => !test(slot)
  }
  const tests = OPERATORS.filter((operator) => expression[operator] !== undefined).map((operator) =>
    compileOperator(operator, expression, table),
  )
  return tests.length === 1 ? tests[0] : (slot) => tests.every((test) => test(slot))
}

function compileOperator(
  operator: (typeof OPERATORS)[number],
  clause: FilterClause,
  table: Table,
): SlotTest {
  const column = table.column(clause.field)
  const has = (slot: number): boolean => {
    const status = statusAt(column, slot)
    return status === 0 || status === 4
  }
  if (operator === 'exists') return clause.exists ? has : (slot) => !has(slot)
  if (column === null) return () => false
  if (operator === 'ne') {
    const equal = compileOperator('eq', { field: clause.field, eq: clause.ne }, table)
    return (slot) => has(slot) && !equal(slot)
  }
  const constants = (operator === 'in' ? clause.in : [clause[operator]]) as readonly Scalar[]
  if (column.kind === 'string' || column.kind === 'strings') {
    if (operator !== 'eq' && operator !== 'in') {
      const bound = constants[0] as string
      const dictionary = column.dictionary
      const codes = column.codes
      return (slot) => has(slot) && holds(operator, dictionary[codes[slot]], bound)
    }
    const wanted = new Set<number>()
    for (const constant of constants) {
      const code = codeOf(table, clause.field, column.dictionary, constant as string)
      if (code !== undefined) wanted.add(code)
    }
    if (column.kind === 'string') return (slot) => has(slot) && wanted.has(column.codes[slot])
    return (slot) => {
      if (!has(slot)) return false
      for (let i = column.offsets[slot]; i < column.offsets[slot + 1]; i++)
        if (wanted.has(column.codes[i])) return true
      return false
    }
  }
  const round = column.values instanceof Float32Array ? Math.fround : (value: number) => value
  const numbers = constants.map((constant) => round(Number(constant)))
  const values = column.values
  if (column.kind === 'numbers') {
    const wanted = new Set(numbers)
    return (slot) => {
      if (!has(slot)) return false
      for (let i = column.offsets[slot]; i < column.offsets[slot + 1]; i++)
        if (wanted.has(values[i])) return true
      return false
    }
  }
  if (operator === 'eq' || operator === 'in') {
    const wanted = new Set(numbers)
    return (slot) => has(slot) && wanted.has(values[slot])
  }
  const bound = numbers[0]
  return (slot) => has(slot) && holds(operator, values[slot], bound)
}

function holds<T extends number | string>(operator: string, value: T, bound: T): boolean {
  switch (operator) {
    case 'gt':
      return value > bound
    case 'gte':
      return value >= bound
    case 'lt':
      return value < bound
    default:
      return value <= bound
  }
}

function codeOf(
  table: Table,
  field: string,
  dictionary: readonly string[],
  text: string,
): number | undefined {
  return table
    .memo(`codes:${field}`, () => new Map(dictionary.map((entry, code) => [entry, code])))
    .get(text)
}
