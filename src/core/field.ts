import type * as z from 'zod'
import { EdgewheelError } from './errors.ts'
import { IdSet } from './id-set.ts'

/** What a field holds, and so which column stores it; no column holds `ids`, which only keyed records have. */
export type FieldKind = 'number' | 'boolean' | 'string' | 'numbers' | 'strings' | 'ids'

/** The value of a field as a stage sees it. */
export type FieldValue = number | boolean | string | readonly number[] | readonly string[] | IdSet

/** Whether a value is a set of ids, which can be asked for an id and not be written down. */
export function isIdSet(value: unknown): value is IdSet {
  return value instanceof IdSet
}

/**
 * What is known about a value. `present`: as stored; `null`: somebody stored null; `missing`: nothing
 * stored, or not valid; `stale`: older than its `maxAge`; `defaulted`: made from a prior without events.
 */
export type Status = 'present' | 'null' | 'missing' | 'stale' | 'defaulted'

/** Statuses by the number that columns and logs store. */
export const STATUSES: readonly Status[] = ['present', 'null', 'missing', 'stale', 'defaulted']

/** The stored number of a status. */
export const PRESENT = 0
export const NULL = 1
export const MISSING = 2
export const STALE = 3
export const DEFAULTED = 4

/** A field of an entity: an attribute that somebody pushes or an aggregate that events maintain. */
export interface Field {
  readonly name: string
  readonly kind: FieldKind
  readonly origin: 'attribute' | 'aggregate'
  /** May be returned and filtered on with the publishable key. */
  readonly public: boolean
  readonly schema: z.ZodType
}

interface Inspected {
  readonly _zod: {
    readonly def: {
      readonly type: string
      readonly innerType?: Inspected
      readonly element?: Inspected
      readonly values?: readonly unknown[]
      readonly entries?: Readonly<Record<string, unknown>>
    }
  }
}

function scalarKind(schema: Inspected): 'number' | 'boolean' | 'string' | null {
  const def = schema._zod.def
  switch (def.type) {
    case 'number':
    case 'int':
      return 'number'
    case 'boolean':
      return 'boolean'
    case 'string':
    case 'enum':
      return 'string'
    case 'literal':
      return def.values?.every((value) => typeof value === 'string') ? 'string' : null
    default:
      return null
  }
}

/**
 * The kind of column that holds values of `schema`. Optional, nullable and default wrappers are looked
 * through. Throws `invalid_definition` for shapes that no column holds (objects, unions, dates).
 */
export function kindOfSchema(schema: z.ZodType, path: string): FieldKind {
  let inner = schema as unknown as Inspected
  while (
    ['optional', 'nullable', 'default', 'readonly', 'nonoptional'].includes(inner._zod.def.type)
  )
    inner = inner._zod.def.innerType as Inspected
  const scalar = scalarKind(inner)
  if (scalar) return scalar
  if (inner._zod.def.type === 'array') {
    const element = scalarKind(inner._zod.def.element as Inspected)
    if (element === 'number') return 'numbers'
    if (element === 'string') return 'strings'
  }
  throw new EdgewheelError(
    'invalid_definition',
    `${path}: a field is a number, boolean, string, or a list of numbers or strings; this is ${inner._zod.def.type}`,
  )
}
