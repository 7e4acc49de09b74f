import * as z from 'zod'
import { EdgewheelError } from './errors.ts'
import { fingerprint } from './fingerprint.ts'

type Shape = Readonly<Record<string, z.ZodType>>

/** The largest size of an event's value. Sums are kept in 1e-6 units, exactly (`core/aggregate/micros`). */
export const MAX_EVENT_VALUE = 1e9

/** What a team writes for one type of event. */
export interface EventOptions {
  readonly owner: string
  /** One line for people. */
  readonly about?: string
  /** Counts at most once for a decision and an item, whatever the ids. Default false. */
  readonly once?: boolean
  /** `items`: one event tells of several items, `items: [{ id, position }]`. */
  readonly many?: 'items'
  /** The entity that `item` is an id of; null where such events have none. Default `item`. */
  readonly item?: string | null
  /** The entity that `user` is an id of; null where such events have none. Default `user`. */
  readonly user?: string | null
  /** What `value` may be; without it events of this type carry none that counts. */
  readonly value?: z.ZodType<number | undefined>
  /** The properties that aggregates and predicates use; others are kept as they come. */
  readonly properties?: Shape
}

/** A type of event, with defaults filled in. */
export interface EventType<Name extends string = string> {
  readonly name: Name
  readonly owner: string
  readonly about: string
  readonly once: boolean
  readonly many: 'items' | null
  readonly item: string | null
  readonly user: string | null
  readonly value: z.ZodType<number | undefined> | null
  readonly properties: Shape
  /** Changes when something does that decides what an event of this type updates. */
  readonly fingerprint: string
}

/** Declares a type of event. Throws `invalid_definition` where its name or owner cannot be. */
export function defineEvent<const Name extends string>(
  name: Name,
  options: EventOptions,
): EventType<Name> {
  const refuse = (problem: string): never => {
    throw new EdgewheelError('invalid_definition', `event ${name}: ${problem}`)
  }
  if (!/^[a-z][a-z0-9_]{0,63}$/.test(name)) refuse('use snake_case, at most 64 characters')
  if (!options.owner) refuse('name its owner')
  const { item = 'item', user = 'user', once = false, many = null } = options
  if (item === null && (many === 'items' || once))
    refuse('once and many are about items, and item is null')
  const properties = options.properties ?? {}
  return {
    name,
    owner: options.owner,
    about: options.about ?? '',
    once,
    many,
    item,
    user,
    value: options.value ?? null,
    properties,
    fingerprint: fingerprint([name, once, many, item, user, Object.keys(properties).sort()]),
  }
}

const plainValue = z.number().min(-MAX_EVENT_VALUE).max(MAX_EVENT_VALUE).optional()

/** The value of an event as its type takes it (null: none), or what is wrong with it. Never throws. */
export function readEventValue(
  type: EventType,
  value: unknown,
): { readonly value: number | null } | { readonly problem: string } {
  for (const schema of [plainValue, ...(type.value ? [type.value] : [])]) {
    const parsed = schema.safeParse(value ?? undefined)
    if (!parsed.success) return { problem: parsed.error.issues[0].message.slice(0, 200) }
  }
  return { value: (value ?? null) as number | null }
}
