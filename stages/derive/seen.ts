import { derive, recent } from 'edgewheel'
import { User } from '../entities.ts'

/** Slots of what the visitor has seen: on record, and clicked, rated or dismissed in this session. */
export const seen = derive('seen', {
  reads: { recent, user: User.maybe('batch_seen') },
  compute: ({ recent, user }, { items }): ReadonlySet<number> => {
    const slots = new Set<number>()
    for (const id of user.batch_seen ?? []) slots.add(items.slotOf(id))
    for (const { type, item } of recent) if (type !== 'impression') slots.add(items.slotOf(item))
    slots.delete(-1)
    return slots
  },
})
