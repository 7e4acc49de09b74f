import type { Entity } from '../core/entity.ts'
import type { FieldValue } from '../core/field.ts'

/**
 * What a request says of its user, as far as the user's entity knows it: valid values as they parse,
 * null for what is null or not valid (the decision treats it as missing). Unknown names are ignored.
 */
export function userAttributes(
  entity: Entity | undefined,
  written: Readonly<Record<string, unknown>> | undefined,
): ReadonlyMap<string, FieldValue | null> {
  const known = new Map<string, FieldValue | null>()
  if (entity === undefined || written === undefined) return known
  for (const name of Object.keys(written)) {
    const field = entity.fields.get(name)
    if (field?.origin === 'attribute') known.set(name, fieldValue(field.schema, written[name]))
  }
  return known
}

function fieldValue(schema: Entity['attributes'][string], written: unknown): FieldValue | null {
  if (written === null) return null
  const parsed = schema.safeParse(written)
  return parsed.success ? ((parsed.data as FieldValue | null | undefined) ?? null) : null
}
