import { type Filter, filter, type OnMissing } from 'edgewheel'
import { Item } from '../entities.ts'

type Attributes = typeof Item.attributes
type Value<K extends keyof Attributes> = NonNullable<Attributes[K]['_zod']['output']>

/** Keeps films by a predicate on one attribute: `attribute('modern', 'year', { onMissing: 'drop', keep: (year) => year >= 1990 })`. */
export function attribute<K extends keyof Attributes & string>(
  name: string,
  field: K,
  options: { readonly onMissing: OnMissing; readonly keep: (value: Value<K>) => boolean },
): Filter {
  return filter(name, {
    reads: { item: Item.pick(field) },
    onMissing: options.onMissing,
    keep: ({ item }) => options.keep(item[field] as Value<K>),
  })
}
