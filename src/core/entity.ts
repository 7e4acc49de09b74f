import * as z from 'zod'
import {
  type Aggregate,
  type AggregateShapes,
  type AggregateValue,
  aggregateHash,
} from './aggregate/definition.ts'
import { type AggregateSet, aggregateSet } from './aggregate/set.ts'
import { EdgewheelError } from './errors.ts'
import { type EntityPart, type EntityParts, partsOf } from './event-parts.ts'
import { type Field, type FieldKind, isIdSet, kindOfSchema } from './field.ts'
import { fingerprint } from './fingerprint.ts'
import type { IdSet } from './id-set.ts'
import { type RecordRead, recordRead } from './read.ts'

/** How a definition of attributes is written: a zod schema for each name. */
export type AttributeShapes = Readonly<Record<string, z.ZodType>>

/** The value a stage sees where the field is present. */
export type AttributeValue<S extends z.ZodType> = NonNullable<z.output<S>>

/** Attributes and aggregates alike, by what a stage sees of them. */
export type FieldShapes<
  Shapes extends AttributeShapes,
  Aggregates extends AggregateShapes,
> = Shapes & {
  readonly [K in keyof Aggregates]: z.ZodType<AggregateValue<Aggregates[K]>>
}

/**
 * A kind of thing that the wheel keeps records about. `paged` records are held whole in isolate memory;
 * `keyed` ones are read by key, one store read each. `owner` is who answers for the data.
 */
export interface Entity<
  Name extends string = string,
  Shapes extends AttributeShapes = AttributeShapes,
  Attributes extends AttributeShapes = AttributeShapes,
> {
  readonly name: Name
  readonly layout: 'paged' | 'keyed'
  readonly owner: string
  /** Number of objects that share the records by hash of the id. Changing it is a rebuild. */
  readonly shards: number
  readonly attributes: Attributes
  /** What events maintain. */
  readonly aggregates: AggregateSet
  /** What the ids of a pair are made of, in order; null where an event's item or user is the id. */
  readonly parts: readonly EntityPart[] | null
  readonly fields: ReadonlyMap<string, Field>
  /** Changes when a field or the layout does. */
  readonly fingerprint: string
  /** Fields a stage reads; where one is missing, the stage's fallback or `onMissing` decides. */
  pick<K extends keyof Shapes & string>(
    ...fields: readonly K[]
  ): RecordRead<Name, { readonly [P in K]: AttributeValue<Shapes[P]> }>
  /** Fields a stage reads and can do without: undefined where missing. */
  maybe<K extends keyof Shapes & string>(
    ...fields: readonly K[]
  ): RecordRead<Name, { readonly [P in K]: AttributeValue<Shapes[P]> | undefined }>
}

/** Which record a request means: `{ entity: User, id: (request) => request.user.id }`. */
export interface Binding<Request> {
  readonly entity: Entity
  readonly id: (request: Request) => string | undefined
}

/** What `defineEntity` takes beside the name. */
export interface EntityOptions<
  Shapes extends AttributeShapes,
  Aggregates extends AggregateShapes = {},
> {
  readonly layout: 'paged' | 'keyed'
  readonly owner: string
  /** Default: 1 for paged, 4 for keyed entities. */
  readonly shards?: number
  /**
   * For records about pairs, such as a user and a genre: `{ user: User, genre: Item.pick('genres') }`. An
   * event updates the record of each combination.
   */
  readonly of?: EntityParts
  readonly attributes: Shapes
  /** Maintained from events: `{ clicks_7d: count('click', { window: '7d' }) }`. */
  readonly aggregates?: Aggregates
  /** Fields that the publishable key may return and filter on; default none. */
  readonly public?: 'all' | readonly (keyof NoInfer<Shapes & Aggregates> & string)[]
}

const FIELD_NAME = /^[a-z][a-z0-9_]{0,63}$/

/**
 * Declares an entity. Throws `invalid_definition` where a name or an attribute's shape cannot be stored, or
 * an attribute and an aggregate have one name.
 */
export function defineEntity<
  const Name extends string,
  const Shapes extends AttributeShapes,
  Aggregates extends AggregateShapes = {},
>(
  name: Name,
  options: EntityOptions<Shapes, Aggregates>,
): Entity<Name, FieldShapes<Shapes, Aggregates>, Shapes> {
  if (!/^[a-z][a-z0-9_-]{0,63}$/.test(name))
    throw new EdgewheelError(
      'invalid_definition',
      `entity '${name}': use lower-case letters, digits, _ and -`,
    )
  const definitions: AggregateShapes = options.aggregates ?? {}
  const fields = new Map<string, Field>()
  const add = (
    field: string,
    origin: Field['origin'],
    schema: z.ZodType,
    kindOf: (path: string) => FieldKind,
  ): void => {
    const path = `entity ${name}, ${origin} ${field}`
    if (!FIELD_NAME.test(field))
      throw new EdgewheelError('invalid_definition', `${path}: use snake_case`)
    if (fields.has(field))
      throw new EdgewheelError('invalid_definition', `${path}: an attribute has that name`)
    const isPublic = options.public === 'all' || (options.public?.includes(field) ?? false)
    const kind = kindOf(path)
    if (kind === 'ids' && options.layout === 'paged')
      throw new EdgewheelError(
        'invalid_definition',
        `${path}: no page holds what somebody has seen`,
      )
    fields.set(field, { name: field, kind, origin, public: isPublic, schema })
  }
  for (const [field, schema] of Object.entries(options.attributes))
    add(field, 'attribute', schema, (path) => kindOfSchema(schema, path))
  for (const [field, aggregate] of Object.entries(definitions))
    add(field, 'aggregate', schemaOf(aggregate), () => kindOfAggregate(aggregate))
  const shards = options.shards ?? (options.layout === 'paged' ? 1 : 4)
  if (!Number.isInteger(shards) || shards < 1 || shards > 256)
    throw new EdgewheelError(
      'invalid_definition',
      `entity ${name}: shards is a whole number from 1 to 256`,
    )
  if (!options.owner)
    throw new EdgewheelError('invalid_definition', `entity ${name}: name its owner`)
  return {
    name,
    layout: options.layout,
    owner: options.owner,
    shards,
    attributes: options.attributes,
    aggregates: aggregateSet(name, definitions),
    parts: partsOf(name, options.of),
    fields,
    fingerprint: fingerprint({
      name,
      layout: options.layout,
      fields: [...fields.values()].map(({ name: field, kind, origin }) =>
        origin === 'attribute'
          ? [field, kind, origin]
          : [field, kind, origin, aggregateHash(field, definitions[field])],
      ),
    }),
    pick: (...names) => recordRead(name, names, true),
    maybe: (...names) => recordRead(name, names, false),
  }
}

function kindOfAggregate({ kind }: Aggregate): FieldKind {
  if (kind === 'seen') return 'ids'
  return kind === 'last_k' ? 'strings' : 'number'
}

function schemaOf({ kind }: Aggregate): z.ZodType {
  if (kind === 'seen') return z.custom<IdSet>(isIdSet)
  return kind === 'last_k' ? z.array(z.string()) : z.number()
}
