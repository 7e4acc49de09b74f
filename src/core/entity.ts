import type * as z from 'zod'
import { EdgewheelError } from './errors.ts'
import { type Field, kindOfSchema } from './field.ts'
import { fingerprint } from './fingerprint.ts'
import { type RecordRead, recordRead } from './read.ts'

/** How a definition of attributes is written: a zod schema for each name. */
export type AttributeShapes = Readonly<Record<string, z.ZodType>>

/** The value a stage sees where the field is present. */
export type AttributeValue<S extends z.ZodType> = NonNullable<z.output<S>>

/**
 * A kind of thing that the wheel keeps records about. `paged` records are held whole in isolate memory;
 * `keyed` ones are read by key, one store read each. `owner` is who answers for the data.
 */
export interface Entity<
  Name extends string = string,
  Shapes extends AttributeShapes = AttributeShapes,
> {
  readonly name: Name
  readonly layout: 'paged' | 'keyed'
  readonly owner: string
  /** Number of objects that share the records by hash of the id. Changing it is a rebuild. */
  readonly shards: number
  readonly attributes: Shapes
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
export interface EntityOptions<Shapes extends AttributeShapes> {
  readonly layout: 'paged' | 'keyed'
  readonly owner: string
  /** Default: 1 for paged, 4 for keyed entities. */
  readonly shards?: number
  readonly attributes: Shapes
  /** Fields that the publishable key may return and filter on; default none. */
  readonly public?: 'all' | readonly (keyof Shapes & string)[]
}

const FIELD_NAME = /^[a-z][a-z0-9_]{0,63}$/

/** Declares an entity. Throws `invalid_definition` where a name or an attribute's shape cannot be stored. */
export function defineEntity<const Name extends string, const Shapes extends AttributeShapes>(
  name: Name,
  options: EntityOptions<Shapes>,
): Entity<Name, Shapes> {
  if (!/^[a-z][a-z0-9_-]{0,63}$/.test(name))
    throw new EdgewheelError(
      'invalid_definition',
      `entity '${name}': use lower-case letters, digits, _ and -`,
    )
  const fields = new Map<string, Field>()
  for (const [field, schema] of Object.entries(options.attributes)) {
    const path = `entity ${name}, attribute ${field}`
    if (!FIELD_NAME.test(field))
      throw new EdgewheelError('invalid_definition', `${path}: use snake_case`)
    const isPublic = options.public === 'all' || (options.public?.includes(field) ?? false)
    fields.set(field, {
      name: field,
      kind: kindOfSchema(schema, path),
      origin: 'attribute',
      public: isPublic,
      schema,
    })
  }
  const shards = options.shards ?? (options.layout === 'paged' ? 1 : 4)
  if (!Number.isInteger(shards) || shards < 1 || shards > 256)
    throw new EdgewheelError(
      'invalid_definition',
      `entity ${name}: shards is a whole number from 1 to 256`,
    )
  if (!options.owner)
    throw new EdgewheelError('invalid_definition', `entity ${name}: name its owner`)
  const entity: Entity<Name, Shapes> = {
    name,
    layout: options.layout,
    owner: options.owner,
    shards,
    attributes: options.attributes,
    fields,
    fingerprint: fingerprint({
      name,
      layout: options.layout,
      fields: [...fields.values()].map((field) => [field.name, field.kind, field.origin]),
    }),
    pick: (...names) => recordRead(name, names, true),
    maybe: (...names) => recordRead(name, names, false),
  }
  return entity
}
